import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { selectKept, selectSamples } from './samples.ts';

const counts = (chosen: Int32Array, size: number): number[] => {
  const found = Array.from({ length: size }, () => 0);
  for (const one of chosen) found[one]!++;
  return found;
};

test('equal issue asks every sample equally often, in whole shuffles', () => {
  const chosen = selectSamples('equal-issue', 35, 10, seeded(1, 's'));
  expect(counts(chosen.slice(0, 10), 10)).toEqual(Array(10).fill(1));
  expect(counts(chosen.slice(10, 20), 10)).toEqual(Array(10).fill(1));
  expect(chosen.slice(0, 10)).not.toEqual(chosen.slice(10, 20));
  expect(counts(chosen, 10).every((count) => count === 3 || count === 4)).toBe(true);
});

test('with replacement is uniform', () => {
  const found = counts(selectSamples('with-replacement', 10_000, 10, seeded(2, 's')), 10);
  const statistic = found.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // Chi-squared with 9 degrees of freedom: 27.9 at p = 0.001.
  expect(statistic).toBeLessThan(27.9);
  expect(new Set(found).size).toBeGreaterThan(1);
});

test('kept queries are distinct, ascending, and as many as there are at most', () => {
  const kept = selectKept(5, 100, seeded(3, 'k'));
  expect(new Set(kept).size).toBe(5);
  expect([...kept]).toEqual([...kept].toSorted((a, b) => a - b));
  expect([...selectKept(5, 3, seeded(3, 'k'))]).toEqual([0, 1, 2]);
});
