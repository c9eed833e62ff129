import { expect, test } from 'vitest';
import { printNode } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { poolFrom, poolingOf } from './pooling.ts';

test('the first token, a mean under the mask, and no pooling at all', () => {
  const start = 'h: float32[B, S, 4]; m: float32[B, S, 1]; w = float32[4, 3]{...}; zero = int64[] {0}';
  const first = poolingOf(model(`${start}; c = Gather(h, zero) {axis: 1}; y = MatMul(c, w)`), 'h', 4)!;
  expect(first.vector).toBe('c');
  expect(first.nodes.map(printNode)).toEqual(['c = Gather(h, zero) {axis: 1}']);
  const mean = poolingOf(
    model(
      `${start}; one = int64[1] {1}; a = Mul(h, m); b = ReduceSum(a, one) {keepdims: 0}; n = ReduceSum(m, one) {keepdims: 0}; c = Div(b, n); y = MatMul(c, w)`,
    ),
    'h',
    4,
  )!;
  // The sum is a vector of this width already; the mean is the last one in front of a linear layer. What does not depend on h is shared.
  expect(mean.vector).toBe('c');
  expect(mean.nodes.map(({ outputs }) => outputs[0])).toEqual(['a', 'b', 'c']);
  const behind = poolingOf(
    model(
      `${start}; v = float32[4, 4]{...}; l = MatMul(h, v); c = Gather(l, zero) {axis: 1}; d = MatMul(c, v); y = MatMul(d, w)`,
    ),
    'h',
    4,
  )!;
  expect(behind.vector).toBe('c');
  expect(poolingOf(model(`${start}; y = MatMul(h, w)`), 'h', 4)).toBeNull();
  const copy = poolFrom(first, 'h', 'other', 'exit/', (hint) => `${hint}_1`);
  expect(copy.vector).toBe('exit/c_1');
  expect(copy.nodes.map(printNode)).toEqual(['exit/c_1 = Gather(other, zero) {axis: 1}']);
});
