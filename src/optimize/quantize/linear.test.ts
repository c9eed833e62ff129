import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { hasLinear, linears, matches, matrixOf } from './linear.ts';
import { context, model } from '../testing/quantized.ts';

test('finds constant weights of MatMul and Gemm with their layout', async () => {
  const before = model(
    'x: float32[N, 4]; w = float32[4, 3]{...}; g = float32[2, 4]{...}; a = MatMul(x, w); b = Gemm(x, g) {transB: 1, alpha: 2.0}; c = MatMul(w, a); d = Gemm(x, w) {transA: 1}',
  );
  const draft = edit(before);
  const found = linears(draft, []);
  expect(found.map(({ node, k, n, transB, alpha }) => [node.outputs[0], k, n, transB, alpha])).toEqual([
    ['a', 4, 3, false, 1],
    ['b', 4, 2, true, 2],
  ]);
  const matrix = await matrixOf(found[1]!, await context());
  const stored = new Float32Array(
    (before.graph.initializers.get('g')!.data as { bytes: Uint8Array }).bytes.slice().buffer,
  );
  expect(matrix![1]).toBeCloseTo(stored[4]! * 2, 6);
  expect(draft.done().skipped.map(({ reason }) => reason)).toEqual([
    'only the first operand is constant',
    'the first operand is transposed (transA)',
  ]);
});

test('patterns match names and outputs', () => {
  const { nodes } = model('y = Relu(x) as "/encoder/layer.0/act"').graph;
  expect(matches(nodes[0]!, ['*layer.0*'])).toBe(true);
  expect(matches(nodes[0]!, ['*layer10*', 'y'])).toBe(true);
  expect(matches(nodes[0]!, ['layer'])).toBe(false);
  expect(hasLinear(nodes)).toBe(false);
});
