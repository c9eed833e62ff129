import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { arrivalPlan, offlinePlan, streamPlan, type Draws } from './plans.ts';

const library = { size: 5, selection: 'equal-issue' as const };
const draws = (keep = 3): Draws => ({ samples: seeded(1, 's'), log: seeded(1, 'l'), keep });
const share = { minMs: 1_000, maxMs: 4_000, minQueries: 100 };

test('a plan is the same for the same draws, and whole before the run', () => {
  const at = Float64Array.of(1, 5, 9, 20);
  const plan = arrivalPlan(at, library, draws(), 500);
  expect(arrivalPlan(at, library, draws(), 500)).toEqual(plan);
  expect(plan).toMatchObject({ at, maxMs: 20, drainMs: 500, callsPerQuery: 1 });
  expect(plan.calls).toHaveLength(4);
  expect(plan.keep).toHaveLength(3);
});

test('a stream holds enough queries for the least time and number, and keeps only what is sent for certain', () => {
  const fast = streamPlan(share, 1, 8, library, draws());
  expect(fast.calls).toHaveLength(1_500 * 8);
  expect(Math.max(...fast.keep)).toBeLessThan(100);
  expect(streamPlan(share, 100, 1, library, draws()).calls).toHaveLength(100);
});

test('offline sends everything at once, as much as fits', () => {
  const plan = offlinePlan(share, 5, library, draws());
  expect(plan.at).toEqual(new Float64Array(200));
  expect(offlinePlan(share, 100, library, draws()).at).toHaveLength(40);
  expect(offlinePlan({ ...share, minQueries: 10 }, 10_000, library, draws()).at).toHaveLength(1);
});
