import { expect, test } from 'vitest';
import { composed, targetOf } from './reshapes.ts';

test('targets of Reshape that hold in every run', () => {
  expect(targetOf([2, 3], [6])).toEqual([2, 3]);
  expect(targetOf(['N', 4, 16], ['N', 64])).toEqual([0, 4, 16]);
  expect(targetOf(['N', 4, 16], ['M', 64])).toEqual([-1, 4, 16]);
  expect(targetOf(['N', 'S', 4, 16], ['N', 'S', 64])).toEqual([0, 0, 4, 16]);
  expect(targetOf(['N', 'S', null], ['N', 'S', 4, 16], true)).toEqual([0, 0, -1]);
  // Where N is 0 a −1 beside it has no meaning.
  expect(targetOf(['N', 'S', null], ['N', 'S', 4, 16])).toBeNull();
  expect(targetOf(['S', 'N', 4], ['N', 'S', 4])).toBeNull();
  expect(targetOf([0, 4], [0, 2, 2])).toBeNull();
  expect(targetOf([-2, 4], [8])).toBeNull();
  expect(targetOf(null, [4])).toBeNull();
  expect(targetOf(['N', 'M'], null, true)).toBeNull();
  expect(targetOf([], [1])).toEqual([]);
});

test('orders of axes one after the other', () => {
  expect(composed([0, 2, 1], [0, 2, 1])).toEqual([0, 1, 2]);
  expect(composed([2, 0, 1], [1, 0, 2])).toEqual([0, 2, 1]);
  expect(composed([1, 0], [0, 1, 2])).toBeNull();
  expect(composed([1, 0], [5, 0])).toBeNull();
  expect(composed([1, 0], [0, 0])).toBeNull();
});
