import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { drawItems, meansOf, pairedVersus, ratiosOf, resampled, sumsOf } from './resample.ts';

const draws = drawItems(200, 3000, seeded(1, 'draws'));

test('each replicate draws as many items as there are', () => {
  const ones = new Float64Array(200).fill(1);
  expect(new Set(sumsOf(draws, ones))).toEqual(new Set([200]));
  expect(Buffer.compare(drawItems(200, 3000, seeded(1, 'draws')).counts, draws.counts)).toBe(0);
});

test('the spread of means is that of the mean', () => {
  const values = Float64Array.from({ length: 200 }, (_, item) => (item < 60 ? 1 : 0));
  const { low, high, value } = resampled('m', 'proportion', 0.3, meansOf(draws, values), 0.95, 200);
  const half = 1.96 * Math.sqrt((0.3 * 0.7) / 200);
  expect(value).toBe(0.3);
  expect(low).toBeCloseTo(0.3 - half, 2);
  expect(high).toBeCloseTo(0.3 + half, 2);
});

test('ratios are of sums over the same draws; nothing below is not finite', () => {
  const a = Float64Array.from({ length: 200 }, (_, item) => item + 1);
  expect(
    [
      ...ratiosOf(
        draws,
        a.map((one) => 3 * one),
        a,
      ),
    ].every((one) => Math.abs(one - 3) < 1e-12),
  ).toBe(true);
  expect(ratiosOf(draws, a, new Float64Array(200))[0]).toBe(Number.POSITIVE_INFINITY);
});

test('a comparison holds its value, and quantiles as evidence', () => {
  const versus = pairedVersus('difference', 0.5, Float64Array.from([0.1, 0.3, 0.2]), 0.95, 'how');
  expect(versus).toMatchObject({ kind: 'difference', value: 0.5, high: 0.5, method: 'how' });
  expect(versus.low).toBeCloseTo(0.105, 12);
  if (versus.evidence.kind !== 'bootstrap') throw new Error('no quantiles');
  expect([versus.evidence.values[0], versus.evidence.values.at(-1)]).toEqual([0.1, 0.3]);
});
