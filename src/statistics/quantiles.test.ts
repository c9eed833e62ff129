import { expect, test } from 'vitest';
import { autocorrelation, iqr, mean, median, quantile, sorted, tukeyOutliers } from './quantiles.ts';

test('quantiles interpolate as numpy does', () => {
  const ordered = sorted([4, 1, 3, 2]);
  expect(quantile(ordered, 0)).toBe(1);
  expect(quantile(ordered, 0.25)).toBe(1.75);
  expect(quantile(ordered, 1)).toBe(4);
  expect(median([5, 1, 3])).toBe(3);
  expect(iqr([1, 2, 3, 4])).toBe(1.5);
  expect(mean([1, 2, 6])).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});

test('Tukey fences count outliers and drop none', () => {
  expect(tukeyOutliers([1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 40])).toEqual({ mild: 0, severe: 1 });
  expect(tukeyOutliers([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])).toEqual({ mild: 1, severe: 0 });
});

test('autocorrelation of alternating, constant and trending series', () => {
  expect(autocorrelation([1, -1, 1, -1, 1, -1, 1, -1])).toBeLessThan(-0.8);
  expect(autocorrelation([2, 2, 2, 2])).toBe(0);
  expect(autocorrelation(Array.from({ length: 50 }, (_, i) => i))).toBeGreaterThan(0.9);
});
