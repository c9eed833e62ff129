import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoadClient, LoadPlan } from '../src/contracts/index.ts';
import { openClient } from '../src/runtime/index.ts';
import { kolmogorovOne, quantile, seeded, sorted } from '../src/statistics/index.ts';
import { poissonArrivals } from '../src/weigh/load/schedule/index.ts';
import { answeredCount, dispatchDelays, latenciesOf } from '../src/weigh/load/scenarios/readings.ts';
import { percent, table } from './table.ts';

const seconds = 10;
const feeds = { x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } } as const;

const planOf = (at: Float64Array): LoadPlan => ({
  at,
  calls: new Int32Array(at.length),
  callsPerQuery: 1,
  minQueries: at.length,
  minMs: 0,
  maxMs: at.at(-1) ?? 0,
  drainMs: 2_000,
  giveUp: null,
  keep: new Int32Array(0),
});

const arrivals = (rate: number, ms: number, seed: number): Float64Array =>
  poissonArrivals(rate, { minMs: ms, minCount: 1, maxMs: ms, maxCount: 1e7 }, seeded(seed, 'load bench'));

/** An endpoint that answers every request at once with the same few bytes. */
const answering = async (): Promise<{ url: string; stop: () => void }> => {
  const slot = (name: string) => [{ name, datatype: 'FP32', shape: [1] }];
  const description = JSON.stringify({ inputs: slot('x'), outputs: slot('y') });
  const answer = JSON.stringify({ outputs: [{ ...slot('y')[0], data: [1] }] });
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(request.method === 'GET' ? description : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/nothing`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const ms = (value: number): string => `${value.toFixed(3)} ms`;

const rowOf = async (name: string, client: LoadClient, rate: number): Promise<string[]> => {
  // Compiled code and open connections first.
  await client.play(planOf(arrivals(rate, 2_000, 0)));
  const played = await client.play(planOf(arrivals(rate, seconds * 1000, 1)));
  const delays = sorted(dispatchDelays(played));
  const latencies = sorted(latenciesOf(played, 2_000));
  return [
    name,
    `${rate.toLocaleString('en-US')}/s`,
    `${answeredCount(played)} of ${played.state.length}`,
    ms(quantile(delays, 0.5)),
    ms(quantile(delays, 0.99)),
    ms(delays.at(-1)!),
    ms(quantile(latencies, 0.5)),
    `${played.collectingMs.toFixed(0)} ms`,
  ];
};

/** The load generator by itself: how late it sends, what a request costs it, and whether its schedules are what they say. */
export const run = async (): Promise<void> => {
  const schedules = 400;
  const rate = 2_000;
  const below = Array.from({ length: schedules }, (_, seed) => {
    const at = arrivals(rate, 1_000, seed + 10);
    const gaps = at.map((time, i) => time - (i === 0 ? 0 : at[i - 1]!));
    return kolmogorovOne(gaps, (gap) => 1 - Math.exp((-gap * rate) / 1000)).p;
  }).filter((p) => p < 0.05).length;
  console.log(
    `Poisson: ${below} of ${schedules} schedules of some ${rate} gaps fail a Kolmogorov–Smirnov test at 5 % = ${percent(below / schedules)} (predicted: 2.5 to 7.5 %)`,
  );
  const server = await answering();
  const nobody = await openClient({ kind: 'echo' }, [feeds]);
  const endpoint = await openClient({ kind: 'endpoint', settings: { url: server.url } }, [feeds]);
  try {
    const rows = [
      await rowOf('nobody', nobody, 100),
      await rowOf('nobody', nobody, 2_000),
      await rowOf('endpoint', endpoint, 100),
      await rowOf('endpoint', endpoint, 2_000),
    ];
    console.log(`${seconds} s each; predicted: at 2,000/s p99 of the dispatch error under 1 ms`);
    console.log(
      table(['sent to', 'rate', 'answered', 'late p50', 'late p99', 'late max', 'latency p50', 'collecting'], rows),
    );
    // As fast as it goes: everything is due at once.
    const count = 200_000;
    const start = performance.now();
    const played = await nobody.play(planOf(new Float64Array(count)));
    const inside = (played.doneMs.at(-1)! * 1000) / count;
    const whole = ((performance.now() - start) * 1000) / count;
    console.log(
      `own overhead: ${inside.toFixed(2)} µs a request in the client, ${whole.toFixed(2)} µs with the schedule and the results sent between processes (predicted: under 20 µs)`,
    );
  } finally {
    await Promise.all([nobody.close(), endpoint.close()]);
    server.stop();
  }
};
