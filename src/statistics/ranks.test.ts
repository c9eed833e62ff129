import { expect, test } from 'vitest';
import { ranksOf, tiesOf } from './ranks.ts';

test('equal values share their mean rank', () => {
  expect([...ranksOf([30, 10, 20, 10])]).toEqual([4, 1.5, 3, 1.5]);
  expect([...ranksOf([7, 7, 7])]).toEqual([2, 2, 2]);
  expect([...ranksOf([])]).toEqual([]);
});

test('ties are counted by group', () => {
  expect(tiesOf([1, 2, 2, 3, 3, 3])).toEqual([2, 3]);
  expect(tiesOf([1, 2, 3])).toEqual([]);
});
