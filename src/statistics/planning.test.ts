import { expect, test } from 'vitest';
import { loadGen, marginsWithoutFlips, provableMargins, votes } from './golden.ts';
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

test.each(provableMargins.rows)('provable margin with n = %i', (n, ...points) => {
  const { flips, digits } = provableMargins;
  expect(flips.map((share, i) => (100 * provableMargin(n, share)).toFixed(digits(points[i]!)))).toEqual(
    points.map((point) => point.toFixed(digits(point))),
  );
});

test.each(marginsWithoutFlips)('margin proven by %i answers without one flip', (n, points, digits) => {
  const margin = marginWithoutFlips(n);
  expect((100 * margin).toFixed(digits)).toBe(points.toFixed(digits));
  expect(tangoTest({ b: 0, c: 0, n }, margin).p).toBeCloseTo(0.05, 10);
});

test.each(loadGen.fixed)('samples for the percentile %f within ± %f at 99 %%', (share, margin, expected) => {
  expect(samplesForMargin(share, margin, 0.99)).toBe(expected);
});

test.each(votes)('votes that show a preference of %f: %i', (share, expected) => {
  expect(examplesNeeded(share, 0.5, { alpha: 0.025 })).toBe(expected);
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
