import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { hasOpenLength, madeUpFeeds } from './made-up-inputs.ts';

test('as many rows as asked for, or none where the model fixes another number', () => {
  const open = parseText('x: float32[N, 3]; y = Neg(x); -> y: float32[N, 3]');
  expect(madeUpFeeds(open, 1).map(({ x }) => x!.dims)).toEqual(Array(4).fill([2, 3]));
  expect(madeUpFeeds(open, 1, 8).map(({ x }) => x!.dims)).toEqual(Array(4).fill([8, 3]));
  const fixed = parseText('x: float32[1, 3]; y = Neg(x); -> y: float32[1, 3]');
  expect(madeUpFeeds(fixed, 1, 8)).toEqual([]);
  expect(madeUpFeeds(fixed, 1, 1)).toHaveLength(4);
});

test('other open sizes are as long as asked for', () => {
  const audio = parseText('x: float32[N, T]\nh: float32[2, N, T]\ny = Neg(x); z = Neg(h); -> y: float32[N, T]');
  expect(hasOpenLength(audio)).toBe(true);
  expect(madeUpFeeds(audio, 1, 1, 512)[0]!['x']!.dims).toEqual([1, 512]);
  // A state that carries the rows in its second size.
  expect(madeUpFeeds(audio, 1, 1, 512)[0]!['h']!.dims).toEqual([2, 1, 512]);
  expect(hasOpenLength(parseText('x: float32[N, 3]; y = Neg(x); -> y: float32[N, 3]'))).toBe(false);
});
