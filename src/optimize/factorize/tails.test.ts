import { expect, test } from 'vitest';
import { rankFor, tailsOf } from './tails.ts';

test('what the ranks leave, and the rank for an error', () => {
  const squares = Float64Array.from({ length: 20 }, (_, i) => (i < 8 ? 12 : i < 16 ? 0.5 : -1e-18));
  const tails = tailsOf(squares, 16);
  expect([...tails]).toEqual([1, 0.04, 0]);
  expect(rankFor(tails, 0.2)).toBe(8);
  expect(rankFor(tails, 0.19)).toBe(16);
  expect(rankFor(tails, 0)).toBe(16);
  expect(rankFor(tailsOf(squares, 8), 0.1)).toBe(0);
});

test('zeros leave no error', () => {
  expect([...tailsOf(new Float64Array(20), 16)]).toEqual([0, 0, 0]);
  expect(rankFor(new Float64Array(3), 0)).toBe(8);
});
