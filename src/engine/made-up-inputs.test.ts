import { expect, test } from 'vitest';
import { parseText } from '../model/graph/index.ts';
import { madeUpFeeds } from './made-up-inputs.ts';

test('as many rows as asked for, or none where the model fixes another number', () => {
  const open = parseText('x: float32[N, 3]; y = Neg(x); -> y: float32[N, 3]');
  expect(madeUpFeeds(open, 1).map(({ x }) => x!.dims)).toEqual(Array(4).fill([2, 3]));
  expect(madeUpFeeds(open, 1, 8).map(({ x }) => x!.dims)).toEqual(Array(4).fill([8, 3]));
  const fixed = parseText('x: float32[1, 3]; y = Neg(x); -> y: float32[1, 3]');
  expect(madeUpFeeds(fixed, 1, 8)).toEqual([]);
  expect(madeUpFeeds(fixed, 1, 1)).toHaveLength(4);
});
