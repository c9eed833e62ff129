import { expect, test } from 'vitest';
import type { LoadPlan, Played } from '../../../contracts/index.ts';
import { playedOf } from '../testing/played.ts';
import { checkCaching, checkInputs, checkOutputs, checkWhole } from './compliance.ts';

const row = (...scores: number[]): Float32Array => Float32Array.from(scores);

test('outputs of the same calls must agree in their scores, of other calls in their labels', () => {
  const equal = Array.from({ length: 20 }, () => ({ timed: row(1, 2), judged: row(1, 2) }));
  expect(checkOutputs(equal, true)).toBeNull();
  const rounded = [...equal, { timed: row(1, 2.001), judged: row(1, 2) }];
  expect(checkOutputs(rounded, true)).toBeNull();
  const other = [...equal, { timed: row(1, 2.1), judged: row(1, 2) }];
  expect(checkOutputs(other, true)).toMatchObject({
    code: 'load/outputs-differ',
    message: expect.stringContaining('1 of 21'),
  });
  expect(checkOutputs(other, false)).toBeNull();
  expect(checkOutputs([{ timed: row(Number.NaN, 1), judged: row(0, 1) }], true)?.code).toBe('load/outputs-differ');
  expect(checkOutputs([{ timed: row(1), judged: row(1, 2) }], true)?.code).toBe('load/outputs-differ');
  const flipped = [...equal, ...equal.slice(0, 4).map(({ judged }) => ({ timed: row(3, 2), judged }))];
  expect(checkOutputs(flipped, false)?.code).toBe('load/outputs-differ');
});

test('inputs read in part, and outputs that are cut, are named', () => {
  expect(checkInputs(9.1, 10)).toBeNull();
  expect(checkInputs(8, 10)).toMatchObject({ code: 'load/shorter-inputs' });
  expect(checkWhole([true, false])).toMatchObject({
    code: 'load/truncated-outputs',
    message: expect.stringContaining('1 of 2'),
  });
  expect(checkWhole([true])).toBeNull();
});

/** A server that takes 10 ms, or `cached` for what it has just seen. */
const server = (cached: number) => {
  let last = -1;
  return {
    play: async ({ calls, minQueries }: LoadPlan): Promise<Played> => {
      const latencies = Array.from({ length: minQueries }, (_, i) => {
        const call = calls[i % calls.length]!;
        const ms = call === last ? cached : 10;
        last = call;
        return ms;
      });
      return playedOf(
        latencies.map((_, i) => i * 20),
        latencies,
      );
    },
  };
};

test('a cache of answers is found; lengths that vary exempt', async () => {
  const alike = Int32Array.from({ length: 8 }, (_, i) => i);
  expect(await checkCaching(server(10), alike, 10)).toBeNull();
  expect(await checkCaching(server(9.5), alike, 10)).toBeNull();
  expect(await checkCaching(server(2), alike, 10)).toMatchObject({
    code: 'load/caching',
    message: expect.stringContaining('80 %'),
  });
  expect(await checkCaching(server(2), null, 10)).toBeNull();
  // Where calls fail, what is fast may be a failure.
  const failing = {
    play: async (plan: LoadPlan): Promise<Played> => ({
      ...(await server(2).play(plan)),
      faults: [{ code: 'endpoint/dropped', count: 1, message: 'gone' }],
    }),
  };
  expect(await checkCaching(failing, alike, 10)).toBeNull();
});
