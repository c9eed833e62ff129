import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { differentiate } from './gradient.ts';
import { gradientError } from './testing/differences.ts';

const operators = (a: string, b: string): string[] => {
  const model = parseText(
    `a: float32${a}; b: float32${b}; c = Add(a, b); y = ReduceSum(c) {keepdims: 0}; -> y: float32[]`,
  );
  const to = emitter(model);
  differentiate(model, 'y', ['b'], to);
  return to.nodes.map(({ op }) => op).filter((op) => op !== 'Shape' && op !== 'Expand');
};

test('fixes the axes in the graph where the shapes are known', () => {
  expect(operators('[N, S, 4]', '[4]')).toEqual(['ReduceSum', 'ReduceSum']);
  expect(operators('[N, 4]', '[4]')).toEqual(['ReduceSum']);
  expect(operators('[N, S, 4]', '[S, 1]')).toEqual(['ReduceSum', 'Squeeze']);
  expect(operators('[N, S, 4]', '[N, S, 4]')).toEqual([]);
  expect(operators('[N, 4]', '[1, 4]')).toEqual(['ReduceSum']);
});

test('compares shapes at run time where they are not', () => {
  expect(operators('[N, 4]', '[M, 4]')).toContain('NonZero');
});

test('the run-time form sums what was repeated and nothing else', async () => {
  const text = 'a: float64[A, B, C]; b: float64[D, E]; y = Mul(a, b); -> y: float64[A, F, G]';
  for (const [a, b] of [
    [
      [2, 3, 4],
      [3, 4],
    ],
    [
      [2, 1, 4],
      [3, 1],
    ],
    [
      [1, 1, 1],
      [3, 4],
    ],
    [
      [2, 3, 1],
      [1, 1],
    ],
  ])
    expect(await gradientError({ text, shapes: { a: a!, b: b! } }), `${a} and ${b}`).toBeLessThan(1e-7);
});
