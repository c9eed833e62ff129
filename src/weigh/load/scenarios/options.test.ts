import { expect, test } from 'vitest';
import { workbench } from '../../../runtime/testing/trial.ts';
import { randomOf, shareOf } from './options.ts';

const some = (count: number) => ({ candidates: Array.from({ length: count }, () => ({}) as never) });
const options = { runs: 5, seconds: 2, minQueries: 700, maxSeconds: 60, together: 8 };

test('the time is shared by all versions, the baseline twice in every group', () => {
  expect(shareOf(some(2), options)).toEqual({ minMs: 2_000, maxMs: 3_000, minQueries: 140 });
  expect(shareOf(some(20), options).maxMs).toBeCloseTo(60_000 / (26 * 5));
  expect(shareOf(some(20), options).minMs).toBeCloseTo(60_000 / (26 * 5));
});

test('arrivals, samples and the log have streams of their own, which every run begins anew', async () => {
  const bench = await workbench();
  await bench.remove();
  const context = bench.context();
  const draws = (['arrivals', 'samples', 'log'] as const).flatMap((what) =>
    [0, 1].map((round) => randomOf(context, what, round).next()),
  );
  expect(new Set(draws).size).toBe(6);
  expect(randomOf(context, 'log', 1).next()).toBe(draws[5]);
});
