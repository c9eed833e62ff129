import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { awarePlanOf } from './aware-plan.ts';

test('which weights and vectors take part, and why others do not', () => {
  const draft = edit(
    model(
      `x: float32[N, 4]; w = float32[4, 4]{...}; v = float32[4, 4]{...}; t = float32[4, 4]{...}; u = float32[4, 4]{...}; b = float32[4] {1.0, 2.0, 3.0, 4.0}; one = float32[1] {1.0}
       z = float32[4] {0.0, 0.0, 0.0, 0.0}; k = int64[2] {0, 1}
       a = MatMul(x, w); c = Add(a, b); d = Gemm(c, v, z) {transB: 1}; e = MatMul(d, t); f = MatMul(e, u); g = Mul(f, one); s = Gather(t, k); y = Add(g, z)`,
    ),
  );
  const { units, vectors } = awarePlanOf(draft, ['f']);
  expect(units.map(({ linear }) => linear.weightName)).toEqual(['w', 'v']);
  expect([...vectors.keys()]).toEqual(['b', 'z']);
  expect(draft.done().skipped.map(({ reason }) => reason)).toEqual([
    'excluded by the exclude option',
    'its weight t is used in another way too',
  ]);
});
