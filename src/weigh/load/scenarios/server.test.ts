import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseOptions, type Trial } from '../../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { server } from './server.ts';

const run = (world: ReturnType<typeof drivenWorld>, trial: Trial, more: Record<string, unknown> = {}) =>
  server.evaluate(trial, parseOptions(server.id, server.options, { seconds: 1, runs: 6, ...more }), world.context());

test('waiting counts: a version twice as fast is more than twice as fast under load, and all requests meet the limit', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(7, 'b')), [world.subject('half', about(3.5, 'h'))]);
  const outcomes = await run(world, trial);
  const [baseline, half] = ['baseline', 'half'].map((id) => byMetric(outcomes.get(id)));
  const p99 = half!['server-latency-p99']!;
  expect(p99.samples).toBeGreaterThanOrEqual(700);
  expect(p99.versus!.value).toBeLessThan(0.5);
  expect(p99.versus!.evidence.kind).toBe('bootstrap');
  expect(baseline!['server-latency-p50']!.value).toBeGreaterThan(7);
  expect(baseline!['server-latency-p99']!.value).toBeGreaterThan(baseline!['server-latency-p90']!.value);
  expect(baseline!['server-latency-p50']!.versus!.method).toMatch(/^A\/A arm/);
  expect(half!['goodput']!.value).toBeGreaterThan(85);
  expect(half!['goodput']!.versus!.value).toBeGreaterThan(1);
  expect(half!['achieved-rate']!.value).toBeGreaterThan(0.98);
  expect(half!['dispatch-delay-p99']!.value).toBeCloseTo(0);
  expect(p99.caveat).toMatch(/not an MLPerf result/);
});

test('a rate that a version cannot meet is told as saturation, without a hang', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(3, 'b')), [world.subject('slow', about(14, 's'))]);
  const slow = byMetric((await run(world, trial)).get('slow'));
  expect(slow['server-latency-p50']!.caveat).toMatch(/saturated: in 6 of 6 runs the queue grew/);
  expect(slow['achieved-rate']!.value).toBeLessThan(0.8);
  expect(slow['goodput']!.value).toBeLessThan(30);
});

test('timed answers that are not the judged ones, a cache, and a crash are found', async () => {
  const world = drivenWorld();
  const cached = () => {
    let last = -1;
    return (_n: number, call: number) => {
      const ms = call === last ? 0.5 : 5;
      last = call;
      return ms;
    };
  };
  const trial = world.trial(world.subject('baseline', about(5, 'b')), [
    world.subject('other answers', about(5, 'o'), 1),
    world.subject('cached', cached()),
    world.subject('crashing', (n) => (n > 150 ? 'runtime/crashed' : 5)),
  ]);
  const outcomes = await run(world, trial);
  expect(outcomes.get('other answers')).toMatchObject({ kind: 'failed', code: 'load/outputs-differ' });
  expect(outcomes.get('crashing')).toMatchObject({ kind: 'failed', code: 'runtime/crashed' });
  expect(byMetric(outcomes.get('cached'))['goodput']!.caveat).toMatch(/load\/caching: the same input again takes/);
  expect(byMetric(outcomes.get('baseline'))['goodput']!.caveat).not.toMatch(/load\//);
});

test('dropped requests are counted and never faster than answered ones', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(5, 'b')), [
    world.subject('dropping', (n) => (n > 200 && n % 10 === 0 ? 'endpoint/dropped' : 5)),
  ]);
  const dropping = byMetric((await run(world, trial)).get('dropping'));
  expect(dropping['server-latency-p99']!.value).toBeGreaterThan(1_000);
  expect(dropping['goodput']!.caveat).toMatch(/endpoint\/dropped \d+/);
});

test('without a stated rate and limit both are assumed from the original, and said', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(4, 'b')), [], { traffic: {} });
  const baseline = byMetric((await run(world, trial)).get('baseline'));
  expect(baseline['server-latency-p50']!.caveat).toMatch(
    /no traffic.requests-per-second is stated: measured at 12\d\/s/,
  );
  expect(baseline['goodput']!.caveat).toMatch(/no traffic.latency-limit is stated: 4\d\.\d ms was assumed/);
});

test('fewer than 662 requests support no 99th percentile', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(4, 'b')), []);
  const baseline = byMetric((await run(world, trial, { minQueries: 60, seconds: 0.2 })).get('baseline'));
  expect(baseline['server-latency-p90']!.value).toBeGreaterThan(0);
  expect(baseline['server-latency-p99']).toMatchObject({ value: Number.NaN });
  expect(baseline['server-latency-p99']!.caveat).toMatch(
    /^it needs 662 requests and there were \d+: .* set min-queries of load\/server to 662/,
  );
});

test('replays a trace with its own rate; a version that no client can drive, and a missing trace, are coded errors', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-trace-'));
  try {
    const trace = join(folder, 'trace.txt');
    await writeFile(
      trace,
      Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? i * 0.02 : i * 0.02 - 0.019)).join('\n'),
    );
    const world = drivenWorld();
    const trial = world.trial(world.subject('baseline', about(4, 'b')), [], { traffic: {} });
    const found = byMetric((await run(world, trial, { arrivals: 'trace', trace })).get('baseline'));
    // Pairs 1 ms apart: every second request waits.
    expect(found['server-latency-p90']!.value).toBeGreaterThan(6.5);
    expect(found['server-latency-p50']!.caveat).not.toMatch(/no traffic.requests-per-second/);
    await expect(run(world, trial, { arrivals: 'trace', trace: join(folder, 'none') })).rejects.toMatchObject({
      code: 'load/trace',
    });
    const alone = { ...trial.baseline, connect: undefined };
    await expect(run(world, world.trial(alone, []))).rejects.toMatchObject({ code: 'load/no-client' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
