import { expect, test } from 'vitest';
import { f1Of, share, summing, totalOf } from './sums.ts';

test('sums count every row as often as it weighs', () => {
  const sums = summing(Float64Array.of(1, 0, 0, 2, 3, 0), 2);
  expect([...sums()]).toEqual([4, 2]);
  expect([...sums([2, 0, 1])]).toEqual([5, 0]);
  expect([...sums()]).toEqual([4, 2]);
  expect(totalOf(3)).toBe(3);
  expect(totalOf(3, [2, 0, 1])).toBe(3);
});

test('nothing of nothing is 0', () => {
  expect([share(0, 0), share(1, 4), f1Of(0, 0, 0), f1Of(1, 2, 2)]).toEqual([0, 0.25, 0, 0.5]);
});
