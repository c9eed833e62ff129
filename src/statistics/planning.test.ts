import { expect, test } from 'vitest';
import {
  examplesNeeded,
  marginWithoutFlips,
  pairsNeeded,
  provableMargin,
  samplesForMargin,
  samplesForSlack,
} from './planning.ts';
import { binomialCdf } from './special.ts';
import { tangoTest } from './tango.ts';

test('pairs for a margin: about 6.18 · ψ / δ²', () => {
  expect(pairsNeeded(0.03, 0.01)).toBe(Math.ceil((6.18256 * 0.03) / 0.0001));
  // Half the margin is used up already: four times as many.
  expect(pairsNeeded(0.03, 0.01, {}, 0.005) / pairsNeeded(0.03, 0.01)).toBeCloseTo(4, 2);
  expect(pairsNeeded(0.03, 0.01, { alpha: 0.01 })).toBeGreaterThan(pairsNeeded(0.03, 0.01));
  expect(pairsNeeded(0, 0.01)).toBe(268);
});

// The smallest provable margin in points by size and share of flips (1, 3, 5, 10 %).
test.each([
  [56, 3.3, 5.8, 7.4, 10.5],
  [71, 3.0, 5.1, 6.6, 9.3],
  [100, 2.5, 4.3, 5.6, 7.9],
  [277, 1.5, 2.6, 3.3, 4.7],
  [408, 1.2, 2.1, 2.8, 3.9],
  [872, 0.84, 1.5, 1.9, 2.7],
  [1043, 0.77, 1.3, 1.7, 2.4],
  [3270, 0.43, 0.75, 0.97, 1.4],
  [5463, 0.34, 0.58, 0.75, 1.1],
  [9815, 0.25, 0.43, 0.56, 0.79],
  [40430, 0.12, 0.21, 0.28, 0.39],
])('provable margin with n = %i', (n, ...points) => {
  const digits = (point: number) => (point < 1 ? 2 : 1);
  expect(
    [0.01, 0.03, 0.05, 0.1].map((share, i) => (100 * provableMargin(n, share)).toFixed(digits(points[i]!))),
  ).toEqual(points.map((point) => point.toFixed(digits(point))));
});

test.each([
  [56, 4.6, 1],
  [100, 2.6, 1],
  [277, 0.97, 2],
  [872, 0.31, 2],
  [9815, 0.03, 2],
])('margin proven by %i answers without one flip', (n, points, digits) => {
  const margin = marginWithoutFlips(n);
  expect((100 * margin).toFixed(digits)).toBe(points.toFixed(digits));
  expect(tangoTest({ b: 0, c: 0, n }, margin).p).toBeCloseTo(0.05, 10);
});

test.each([
  [0.9, 0.005, 23_886],
  [0.95, 0.0025, 50_425],
  [0.97, 0.0015, 85_811],
  [0.99, 0.0005, 262_742],
])('samples for the percentile %f within ± %f at 99 %', (share, margin, expected) => {
  expect(samplesForMargin(share, margin, 0.99)).toBe(expected);
});

test('the planned examples prove a share about as often as planned', () => {
  const n = examplesNeeded(0.01, 0.02);
  let largest = -1;
  while (binomialCdf(largest + 1, n, 0.02) <= 0.05) largest++;
  // Counts are coarse: 80 % up to a step.
  expect(binomialCdf(largest, n, 0.01)).toBeGreaterThan(0.7);
  expect(binomialCdf(largest, n, 0.01)).toBeLessThan(0.9);
  expect(examplesNeeded(0.02, 0.02)).toBe(Number.POSITIVE_INFINITY);
});

test('half the slack needs four times the samples', () => {
  expect(samplesForSlack(100, 0.01, 0.01) / samplesForSlack(100, 0.01, 0.02)).toBeCloseTo(4, 1);
});
