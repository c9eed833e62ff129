import { expect, test } from 'vitest';
import { spearman } from '../../../statistics/index.ts';
import { weightedSpearman } from './ranks.ts';

test('weights stand for rows that occur as often, ties and all', () => {
  const [x, y] = [
    [3, 1, 2, 2, 5, 4],
    [1, 1, 0, 3, 9, 2],
  ];
  const weights = [2, 0, 1, 3, 1, 2];
  const repeated = (values: readonly number[]): number[] =>
    values.flatMap((value, at) => Array.from({ length: weights[at]! }, () => value));
  const rank = weightedSpearman(x, y);
  expect(rank()).toBeCloseTo(spearman(x, y), 12);
  expect(rank(weights)).toBeCloseTo(spearman(repeated(x), repeated(y)), 12);
  expect(rank()).toBeCloseTo(spearman(x, y), 12);
});

test('a constant side has no ranks: 0', () => {
  expect(weightedSpearman([1, 1, 1], [1, 2, 3])()).toBe(0);
  expect(weightedSpearman([1, 2, 3], [1, 2, 3])([0, 4, 0])).toBe(0);
});
