import { expect, test } from 'vitest';
import { reach } from './testing/reach.ts';

const both = [0, 1];

test('inner axes meet, outer axes go through', () => {
  const gemm = `x: float32[N, 3]; w = float32[2, 3] {...}; b = float32[2] {...}; v = float32[2, 4] {...}
    h = Gemm(x, w, b) {transB: 1}; y = Gemm(h, v)\n-> y: float32[N, 4]`;
  expect(reach(gemm, 'h', 1, both)).toEqual({ h: { 1: both }, w: { 0: both }, b: { 0: both }, v: { 0: both } });
  const scores = `x: float32[B, S, 3]; w = float32[3, 2] {...}; q = MatMul(x, w); k0 = MatMul(x, w); k = Transpose(k0) {perm: [0, 2, 1]}; y = MatMul(q, k)\n-> y: float32[B, S, S]`;
  expect(reach(scores, 'q', 2, both)).toEqual({ q: { 2: both }, w: { 1: both }, k: { 1: both }, k0: { 2: both } });
});

test('batch axes, as heads are, go through both operands and the result', () => {
  const heads = `x: float32[B, S, 3]; w = float32[3, 4] {...}; z = float32[4, 1] {...}; s4 = int64[4] {0, 0, 2, 2}; s3 = int64[3] {0, 0, 4}
    p = MatMul(x, w); r = Reshape(p, s4); q = Transpose(r) {perm: [0, 2, 1, 3]}; k = Transpose(r) {perm: [0, 2, 3, 1]}
    a = MatMul(q, k); c = MatMul(a, q); t = Transpose(c) {perm: [0, 2, 1, 3]}; o = Reshape(t, s3); y = MatMul(o, z)\n-> y: float32[B, S, 1]`;
  expect(reach(heads, 'o', 2, [0, 0, 1, 1])).toMatchObject({
    w: { 1: [0, 0, 1, 1] },
    r: { 2: both },
    q: { 1: both },
    k: { 1: both },
    a: { 1: both },
    c: { 1: both },
    z: { 0: [0, 0, 1, 1] },
  });
  expect(reach(heads, 'o', 2, [0, 1, 2, 3])).toContain('spreads each unit');
});

test('products of vectors are left alone', () => {
  const vector = `x: float32[N, 3]; w = float32[3, 2] {...}; u = float32[2] {...}; h = MatMul(x, w); y = MatMul(h, u)\n-> y: float32[N]`;
  expect(reach(vector, 'h', 1, both)).toContain('below 2');
});
