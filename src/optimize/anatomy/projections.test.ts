import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { layersOf } from './layers.ts';
import { projectionBehind } from './projections.ts';
import { viewOf } from './walk.ts';

const behind = (text: string, value: string) => {
  const view = viewOf(
    model(`x: float32[B, S, 8]; w = float32[8, 8] {...}; b = float32[8] {...}; p = float32[8, 24] {...}\n${text}`),
  );
  const found = projectionBehind(view, layersOf(view), value, 'queries');
  return typeof found === 'string' ? found : [found.linear.weightName, found.from, found.to, found.bias];
};

test('through layout, scale, bias and rotation', () => {
  const text = `s = int64[4] {0, 0, 2, 4}; half = float32[] {0.5}; halves = int64[2] {2, 2}; cos = float32[1, 1, 1, 4] {...}
    h = MatMul(x, w); a = Add(h, b); r = Reshape(a, s); t = Transpose(r) {perm: [0, 2, 1, 3]}; m = Mul(t, half)
    u, v = Split(m, halves) {axis: 3}; n = Neg(v); c = Concat(n, u) {axis: 3}; k = Mul(c, cos); l = Mul(m, cos); q = Add(k, l); y = Relu(q)`;
  expect(behind(text, 'q')).toEqual(['w', 0, 8, 'b']);
});

test('columns of a packed projection', () => {
  const third =
    'i = int64[3] {8, 8, 8}; h = MatMul(x, p); q, k, v = Split(h, i) {axis: -1}; y = Concat(q, k, v) {axis: 2}';
  expect(['q', 'k', 'v', 'y'].map((name) => behind(third, name))).toEqual([
    ['p', 0, 8, null],
    ['p', 8, 16, null],
    ['p', 16, 24, null],
    ['p', 0, 24, null],
  ]);
  const slice =
    'i0 = int64[1] {-16}; i1 = int64[1] {-8}; ax = int64[1] {2}; h = MatMul(x, p); k = Slice(h, i0, i1, ax); y = Relu(k)';
  expect(behind(slice, 'k')).toEqual(['p', 8, 16, null]);
});

test('none, several, unknown operators', () => {
  expect(behind('q = Mul(x, b); y = Relu(q)', 'q')).toContain('no linear layer');
  expect(behind('h = MatMul(x, w); g = MatMul(x, w); q = Add(h, g); y = Relu(q)', 'q')).toContain(
    'more than one linear layer (h, g)',
  );
  expect(behind('h = MatMul(x, w); q = Tanh(h); y = Relu(q)', 'q')).toContain('it comes through Tanh');
});
