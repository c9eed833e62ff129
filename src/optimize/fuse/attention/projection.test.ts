import { expect, test } from 'vitest';
import { toFloat32 } from '../../../model/tensor/index.ts';
import { viewOf } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { packBiases, packColumns, projectionOf, withoutBias } from './projection.ts';

const view = viewOf(
  model(`x: float32[B, S, 2]; w = float32[2, 3] {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}; b = float32[3] {7.0, 8.0, 9.0}
    v = float32[2, 1] {10.0, 11.0}; two = int64[2] {-1, 2}; sizes = int64[2] {1, 2}; t = float32[3, 2] {...}
    m = MatMul(x, w); y = Add(b, m); early, late = Split(y, sizes) {axis: -1}; z = MatMul(x, v)
    s = Shape(x); i0 = int64[1] {0}; i1 = int64[1] {1}; three = int64[1] {3}; bs = Gather(s, i0); n = Gather(s, i1)
    all = Concat(bs, n, three) {axis: 0}
    rows = Reshape(x, two); g = Gemm(rows, w, b); h = Reshape(g, all); g2 = Gemm(rows, t, b) {transB: 1}; h2 = Reshape(g2, all)
    one = int64[2] {-1, 1}; wrong = Reshape(x, one); k = float32[1, 3] {...}; g3 = Gemm(wrong, k, b); h3 = Relu(g3)
    -> late: float32[B, S, 2], early: float32[B, S, 1], z: float32[B, S, 1], h: float32[B, S, 3], h2: float32[B, S, 3], h3: float32[R, 3]`),
);

test('a product with its bias, a part of it, and a Gemm between reshapes', () => {
  expect(projectionOf(view, 'y')).toMatchObject({ input: 'x', first: 0, width: 3, bias: { dims: [3] } });
  expect(projectionOf(view, 'late')).toMatchObject({ input: 'x', first: 1, width: 2 });
  expect(projectionOf(view, 'z')).toMatchObject({ input: 'x', first: 0, width: 1, bias: null });
  expect(projectionOf(view, 'h')).toMatchObject({ input: 'x', width: 3, bias: { dims: [3] } });
});

test('a turned weight and what is no product are none', () => {
  expect(projectionOf(view, 'h2')).toBeNull();
  expect(projectionOf(view, 'h3')).toBeNull();
  expect(projectionOf(view, 'x')).toBeNull();
  expect(withoutBias(view, 'm')).toEqual({ name: 'm', bias: null });
  expect(withoutBias(view, 'y')).toMatchObject({ name: 'm', bias: { dims: [3] } });
});

test('columns and biases stand side by side', async () => {
  const [late, z] = [projectionOf(view, 'late'), projectionOf(view, 'z')];
  if (!late || !z) return expect.fail('no projections');
  const world = await context();
  const numbers = async (tensor: Awaited<ReturnType<typeof packBiases>>) =>
    tensor && [...toFloat32('float32', await world.bytes(tensor))];
  const packed = await packColumns([late, z], 2, world);
  expect(packed.dims).toEqual([2, 3]);
  expect(await numbers(packed)).toEqual([2, 3, 10, 5, 6, 11]);
  expect(await numbers(await packBiases([late, z], world))).toEqual([8, 9, 0]);
  expect(await packBiases([z], world)).toBeNull();
  expect(await numbers(await packBiases([z], world, true))).toEqual([0]);
});
