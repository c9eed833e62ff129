import { expect, test } from 'vitest';
import { ratings } from './golden.ts';
import { preferenceOf, ratingPoints } from './preference.ts';
import { mcnemar } from './proportions.ts';

test.each(ratings)('a share of %f is %f points', (share, points, digits) => {
  expect(ratingPoints(share)).toBeCloseTo(points, digits);
  expect(ratingPoints(1 - share)).toBeCloseTo(-points, digits);
});

test('ties count half in the share and not in the test, which is the sign test', () => {
  const found = preferenceOf({ wins: 20, losses: 8, ties: 12 }, 0.95);
  expect(found.value).toBe(0.65);
  expect(found.p).toBeCloseTo(mcnemar(20, 8).exact, 12);
  expect(found.low).toBeLessThan(0.5);
  expect(found.high).toBeGreaterThan(0.75);
});

test('no vote, only ties, one side only', () => {
  expect(preferenceOf({ wins: 0, losses: 0, ties: 0 }, 0.95)).toEqual({ value: 0.5, low: 0, high: 1, p: 1, points: 0 });
  expect(preferenceOf({ wins: 0, losses: 0, ties: 9 }, 0.95)).toMatchObject({ value: 0.5, p: 1, points: 0 });
  expect(preferenceOf({ wins: 9, losses: 0, ties: 0 }, 0.95).points).toBe(Infinity);
});
