import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { centersOf, encodeWeight, nearestCodes } from './codebook-centers.ts';

const errorOf = (values: Float32Array, centers: Float32Array): number => {
  const codes = new Uint8Array(values.length);
  nearestCodes(values, centers, codes);
  return values.reduce((sum, value, i) => sum + (value - centers[codes[i]!]!) ** 2, 0);
};

/** The least error of any k runs of sorted values, by trying every split. */
const least = (values: readonly number[], k: number): number => {
  const spread = (part: readonly number[]): number => {
    const mean = part.reduce((a, b) => a + b, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  if (k === 1) return spread(values);
  let best = Number.POSITIVE_INFINITY;
  for (let last = k - 1; last < values.length; last++)
    best = Math.min(best, least(values.slice(0, last), k - 1) + spread(values.slice(last)));
  return best;
};

test('as good as the best of all groupings', () => {
  for (let seed = 0; seed < 8; seed++) {
    const random = seeded(seed, 'values');
    const values = Float32Array.from({ length: 14 }, () => random.normal() ** 3);
    const sorted = [...values].sort((a, b) => a - b);
    for (const k of [2, 3, 4]) expect(errorOf(values, centersOf(values, k))).toBeCloseTo(least(sorted, k), 5);
  }
});

test.each([
  // Relative errors of the optimal quantizer of a normal distribution. Source: Max 1960, table I.
  [1, 0.3634],
  [2, 0.1175],
  [3, 0.03454],
  [4, 0.009497],
  [5, 0.002499],
])('%i bits of normal numbers: the distortion of Max’s table', (bits, distortion) => {
  const random = seeded(1, 'normal');
  const values = Float32Array.from({ length: 200_000 }, () => random.normal());
  const power = values.reduce((sum, value) => sum + value * value, 0);
  const measured = errorOf(values, centersOf(values, 2 ** bits)) / power;
  expect(Math.abs(measured / distortion - 1)).toBeLessThan(0.02);
});

test('exact where values are few; constants, outliers and signed zeros do no harm', () => {
  expect([...centersOf(Float32Array.of(3, 1, 3, 2, 1), 4)]).toEqual([1, 2, 3]);
  expect([...centersOf(new Float32Array(50).fill(-7), 16)]).toEqual([-7]);
  expect([...centersOf(Float32Array.of(0, -0), 2)]).toEqual([0]);
  const random = seeded(2, 'outlier');
  const values = Float32Array.from({ length: 5000 }, (_, i) => (i === 0 ? 1e30 : random.normal()));
  const centers = centersOf(values, 16);
  expect(centers.at(-1)).toBeCloseTo(1e30, -25);
  expect(errorOf(values.subarray(1), centers) / 5000).toBeLessThan(0.015);
});

test('codes name the nearest center', () => {
  const codes = new Uint8Array(5);
  nearestCodes(Float32Array.of(-9, 0.4, 0.5, 0.6, 9), Float32Array.of(0, 1), codes);
  expect([...codes]).toEqual([0, 0, 0, 1, 1]);
});

test('groups along an axis have centers of their own, and a weight as a whole one set', async () => {
  const values = Float32Array.of(1, 100, 2, 200, 1, 100, 2, 200);
  const { signal } = new AbortController();
  const each = await encodeWeight(values, [4, 2], 1, 1, 1, signal);
  expect([...each.centers]).toEqual([1, 2, 100, 200]);
  expect([...each.offsets!]).toEqual([0, 2]);
  expect([...each.codes]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  const whole = await encodeWeight(values, [4, 2], 1, 0, 2, signal);
  expect([...whole.centers]).toEqual([1, 2, 100, 200]);
  expect(whole.offsets).toBeNull();
  await expect(encodeWeight(values, [4, 2], 1, 1, 1, AbortSignal.abort())).rejects.toMatchObject({
    code: 'engine/cancelled',
  });
});
