import { expect, test } from 'vitest';
import { edit } from '../model/graph/index.ts';
import { hasLinear, linearOf, linears, matches, matrixOf, type Linear } from './linear.ts';
import { context, model } from './testing/quantized.ts';

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

test('stacks and fused forms are told apart from plain matrices', async () => {
  const before = model(
    `x: float32[2, 3, 4]; s = float32[2, 4, 5]{...}; t = float32[2, 5, 4]{...}; w = float32[4, 5]{...}; a = MatMul(x, s)
     b = com.microsoft.FusedMatMul(x, t) {transB: 1, alpha: 2.0}; c = com.microsoft.FusedGemm(x, w) {activation: "Relu"}
     d = com.microsoft.FusedGemm(x, w) {activation: "Softplus"}; e = com.microsoft.FusedMatMul(x, t) {transA: 1}`,
  );
  const draft = edit(before);
  const found = before.graph.nodes.map((node) => linearOf(node, (name) => draft.constant(name)));
  const [stack, transposedStack, fused] = found as [Linear, Linear, Linear];
  expect([stack.batch, stack.k, stack.n, stack.transB]).toEqual([[2], 4, 5, false]);
  expect([transposedStack.batch, transposedStack.k, transposedStack.n, transposedStack.alpha]).toEqual([[2], 4, 5, 2]);
  expect(fused.activation).toEqual({ op: 'Relu' });
  expect(found.slice(3)).toEqual([
    'its fused activation Softplus is none that can be taken out again',
    'the first operand is transposed (transA)',
  ]);
  const stored = new Float32Array((transposedStack.weight.data as { bytes: Uint8Array }).bytes.slice().buffer);
  const matrix = (await matrixOf(transposedStack, await context()))!;
  // Second matrix, row 1, column 3: twice the stored [1, 3, 1].
  expect(matrix[20 + 5 + 3]).toBeCloseTo(2 * stored[20 + 3 * 4 + 1]!, 6);
  // The other quantizers take plain matrices only.
  expect(linears(edit(before), [])).toEqual([]);
});

test('a sum with a constant of two dimensions is no product', () => {
  const before = model('x: float32[N, 4]; w = float32[1, 4]{...}; y = Add(x, w)');
  expect(linearOf(before.graph.nodes[0]!, (name) => before.graph.initializers.get(name) ?? null)).toBe(
    'Add is no matrix product',
  );
});
