import { expect, test } from 'vitest';
import { toFloat32 } from '../../model/tensor/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { context, model } from '../testing/quantized.ts';
import { readerOf, type Reader } from './structured-layers.ts';

const view = viewOf(
  model(`x: float32[N, 3]; i: float32[N, 2, 4, 4]
    w = float32[2, 3] {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}; b = float32[2] {1.0, 1.0}; k = float32[1, 2, 1, 2] {1.0, 2.0, 3.0, 4.0}; s = float32[2, 3, 3] {...}; bad = float32[3, 1] {nan, 1.0, 1.0}
    g = Gemm(x, w, b) {transB: 1, alpha: 2.0, beta: 4.0}; c = Conv(i, k); r = Relu(x); m = MatMul(x, s); n = MatMul(x, bad); e = Add(n, b)
    -> g, c, r, m, e`),
);
const reader = (output: string): Reader | string => readerOf(view, view.draft.producer(output)!);

test('a Gemm as one matrix, with its factors', async () => {
  const one = reader('g') as Reader;
  expect([one.k, one.n, one.perPlace, one.kernel]).toEqual([3, 2, 1, null]);
  expect(one.bias).toMatchObject({ input: 2, scale: 4 });
  const matrix = (await one.matrix(await context()))!;
  expect([...matrix]).toEqual([2, 8, 4, 10, 6, 12]);
  const stored = one.stored(matrix, 3);
  expect(stored.dims).toEqual([2, 3]);
  expect([...toFloat32('float32', await (await context()).bytes(stored))]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a convolution with its patches as inputs', async () => {
  const one = reader('c') as Reader;
  expect([one.k, one.n, one.perPlace, one.bias]).toEqual([4, 1, 2, null]);
  const matrix = (await one.matrix(await context()))!;
  expect([...matrix]).toEqual([1, 2, 3, 4]);
  expect(one.stored(matrix.subarray(2), 2).dims).toEqual([1, 1, 1, 2]);
});

test('what is no layer, and weights that are not finite', async () => {
  expect(reader('r')).toContain('not a linear layer');
  expect(reader('m')).toContain('stack');
  expect(await (reader('n') as Reader).matrix(await context())).toBeNull();
  // A bias of another size than the layer makes is none of its own.
  expect((reader('n') as Reader).bias).toBeNull();
});
