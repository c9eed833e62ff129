import { expect, test } from 'vitest';
import { fifthsOf } from './fifths.ts';

test('ten different values, two a fifth, in any order', () => {
  expect([...fifthsOf([9, 0, 8, 1, 7, 2, 6, 3, 5, 4])]).toEqual([4, 0, 4, 0, 3, 1, 3, 1, 2, 2]);
});

test('equal values share a fifth: the lowest grows, the top one never holds more than a fifth', () => {
  expect([...fifthsOf([1, 1, 1, 1, 1, 1, 1, 1, 2, 3])]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 4]);
  expect([...fifthsOf([1, 2, 2, 2, 2])]).toEqual([0, 1, 1, 1, 1]);
  expect([...fifthsOf([5, 5, 5])]).toEqual([0, 0, 0]);
});

test('what has no value has no fifth', () => {
  expect([...fifthsOf([Number.NaN, 1])]).toEqual([-1, 0]);
  expect([...fifthsOf([])]).toEqual([]);
});
