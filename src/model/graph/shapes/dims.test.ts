import { expect, test } from 'vitest';
import { agree, axesOf, axisOf, broadcast, broadcastDim, productOf, refine, sumOf } from './dims.ts';

test('broadcasting keeps what is certain', () => {
  expect(broadcastDim(1, 'N')).toBe('N');
  expect(broadcastDim('N', 'N')).toBe('N');
  expect(broadcastDim('N', 'M')).toBeNull();
  expect(broadcastDim('N', 5)).toBe(5);
  expect(broadcastDim(null, 1)).toBeNull();
  expect(broadcastDim(0, 1)).toBe(0);
  expect(broadcast([2, 1], ['N'], [3, 1, 1])).toEqual([3, 2, 'N']);
  expect(broadcast([2], null)).toBeNull();
  expect(broadcast()).toEqual([]);
});

test('axes count from either end', () => {
  expect([axisOf(-1, 3), axisOf(2, 3), axisOf(3, 3), axisOf(-4, 3)]).toEqual([2, 2, null, null]);
  expect(axesOf([0, -1], 2)).toEqual([0, 1]);
  expect(axesOf([0, 5], 2)).toBeNull();
});

test('products and sums', () => {
  expect([productOf([2, 3]), productOf([2, 'N']), productOf(['N', 0]), productOf([])]).toEqual([6, null, 0, 1]);
  expect([sumOf([2, 3]), sumOf([2, 'N']), sumOf(['N', 0]), sumOf([null, 0])]).toEqual([5, null, 'N', null]);
});

test('two statements about one shape', () => {
  expect(agree([1, 'N', null], [1, 'M', null])).toEqual([1, null, null]);
  expect(agree([1], [1, 2])).toBeNull();
  expect(refine([null, 'N', 3], [2, 4, 9])).toEqual([2, 4, 3]);
  expect(refine(null, [2])).toEqual([2]);
  expect(refine([2], [2, 3])).toEqual([2]);
});
