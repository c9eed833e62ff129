import { expect, test } from 'vitest';
import { bca, bcaOf, jackknifeOf } from './bca.ts';
import { bootstrap } from './bootstrap.ts';
import { clustersOf } from './clusters.ts';
import { pearson } from './correlation.ts';
import { pAbove } from './evidence.ts';
import { lawSchools } from './golden.ts';
import { seeded } from './random.ts';

// Law schools, Efron & Tibshirani 1993, table 3.1; golden values: scipy 1.17.1, bootstrap(method="BCa"), 40,000 draws.
const { lsat, gpa, acceleration, low, high } = lawSchools;

test('correlation of fifteen law schools', () => {
  const statistic = (weights: Int32Array): number => pearson(lsat, gpa, weights);
  const result = bca(15, statistic, { confidence: 0.9, random: seeded(1, 'law'), replicates: 20_000 });
  expect(result.acceleration).toBeCloseTo(acceleration, 10);
  expect(result.low).toBeCloseTo(low, 1);
  expect(result.high).toBeCloseTo(high, 2);
  const plain = bootstrap(15, statistic, { confidence: 0.9, random: seeded(1, 'law'), replicates: 20_000 });
  // A skewed statistic: the corrected interval lies lower.
  expect(result.low).toBeLessThan(plain.low - 0.03);
});

test('a skewed mean: the interval of scipy', () => {
  const values = [
    0.2, 1.1, 0.05, 3.2, 0.4, 0.9, 0.33, 5.1, 0.02, 1.7, 0.6, 0.25, 2.2, 0.8, 0.11, 0.5, 1.3, 0.7, 0.04, 0.95,
  ];
  const statistic = (weights: Int32Array): number =>
    values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / 20;
  const { low, high, evidence } = bca(20, statistic, {
    confidence: 0.95,
    random: seeded(2, 'mean'),
    replicates: 20_000,
  });
  expect(Math.abs(low - 0.6285)).toBeLessThan(0.02);
  expect(Math.abs(high - 1.802)).toBeLessThan(0.04);
  // The evidence tests margins by the same distribution.
  const comparison = { kind: 'difference', value: 1.0225, low, high, evidence, method: '' } as const;
  expect(pAbove(comparison, low)).toBeCloseTo(0.025, 3);
});

test('without bias and skewness it is the plain percentile interval', () => {
  const replicates = Float64Array.from({ length: 999 }, (_, i) => (i - 499) / 100);
  const { low, high, bias, acceleration } = bcaOf(replicates, 0, [-1, 1, -2, 2], 0.95);
  expect(bias).toBeCloseTo(0, 10);
  expect(acceleration).toBe(0);
  expect(low).toBeCloseTo(-4.74, 1);
  expect(high).toBeCloseTo(4.74, 1);
});

test('draws that are all on one side of the value stay finite', () => {
  const { low, high } = bcaOf([2, 3, 4], 1, [1, 1, 1], 0.95);
  expect(low).toBeGreaterThanOrEqual(2);
  expect(high).toBeLessThanOrEqual(4);
});

test('whole clusters are left out, and many items in groups', () => {
  const clusters = clustersOf(['a', 'a', 'b', 'c', 'c']);
  const seen: number[][] = [];
  jackknifeOf(5, (weights) => seen.push([...weights]), clusters);
  expect(seen).toEqual([
    [0, 0, 1, 1, 1],
    [1, 1, 0, 1, 1],
    [1, 1, 1, 0, 0],
  ]);
  expect(jackknifeOf(1000, (weights) => weights.reduce((sum, one) => sum + one, 0))).toHaveLength(400);
});
