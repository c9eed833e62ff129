import { expect, test } from 'vitest';
import { edit, printText } from '../../model/graph/index.ts';
import { soleUnits } from '../sole-units.ts';
import { context, model, normal, operators } from '../testing/quantized.ts';
import { emitPiece } from './emit.ts';

const piece = (left: readonly number[], right: readonly number[]) => ({
  left: normal(left, 'left'),
  right: normal(right, 'right'),
  rank: left[1]!,
  tails: Float64Array.of(1, 0.25, 0.01),
});

test('the first columns and rows of a piece are written, and the node keeps what else it does', async () => {
  const draft = edit(
    model(
      'x: float32[N, 32]; w = float32[40, 32]{...}; b = float32[40]{...}; y = Gemm(x, w, b) {transB: 1, alpha: 2.0, beta: 0.5}',
    ),
  );
  const units = soleUnits(draft, []);
  await emitPiece(draft, { ...piece([32, 16], [16, 40]), units, k: 32, n: 40 }, 8, 'on real inputs', await context());
  const { model: after, changes } = draft.done();
  expect(after.graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Gemm']);
  expect(printText(after)).toMatch(/alpha: 1(\.0)?, beta: 0\.5, transB: 0|beta: 0\.5/);
  expect([...after.graph.initializers.values()].map(({ dims }) => dims.join('x'))).toEqual(
    expect.arrayContaining(['32x8', '8x40', '40']),
  );
  expect(changes[0]?.what).toBe(
    'Gemm [32, 40] as two of rank 8: 45 % of the multiply-adds, error 50 % (on real inputs)',
  );
});

test('layers that share their input share the first product', async () => {
  const draft = edit(
    model(
      'x: float32[N, 32]; q = float32[32, 24]{...}; k = float32[32, 40]{...}; a = MatMul(x, q); b = MatMul(x, k); c = Concat(a, b) {axis: 1}; y = Relu(c)',
    ),
  );
  const units = soleUnits(draft, []);
  await emitPiece(draft, { ...piece([32, 16], [16, 64]), units, k: 32, n: 64 }, 16, 'on real inputs', await context());
  const { model: after, changes } = draft.done();
  expect(operators(after)).toEqual({ MatMul: 3, Concat: 1, Relu: 1 });
  expect([...after.graph.initializers.values()].map(({ dims }) => dims.join('x')).toSorted()).toEqual([
    '16x24',
    '16x40',
    '32x16',
  ]);
  expect(changes).toHaveLength(2);
});
