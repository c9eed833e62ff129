import { expect, test } from 'vitest';
import { reach } from './testing/reach.ts';

const made = 'x: float32[N, 3]; w = float32[3, 2] {...}; h = MatMul(x, w)';
const read = 'v = float32[2, 1] {...}; y = MatMul(e, v)\n-> y: float32[N, 1]';
const both = [0, 1];

test('operands as long as the axis are cut, those of size 1 stay', () => {
  const found = reach(
    `${made}; b = float32[2] {...}; s = float32[1] {2.0}; c = float32[1, 2] {...}; m = float32[1, 1] {1.0}
     a = Add(b, h); d = Mul(a, s); p = Where(t, d, c); t = Greater(d, m); e = Relu(p); ${read}`.replace(
      /p = Where\(t, d, c\); (t = Greater\(d, m\));/,
      '$1; p = Where(t, d, c);',
    ),
    'h',
    1,
    both,
  );
  expect(found).toMatchObject({
    b: { 0: both },
    c: { 1: both },
    a: { 1: both },
    t: { 1: both },
    e: { 1: both },
    v: { 0: both },
  });
  expect(Object.keys(found)).not.toContain('s');
  expect(Object.keys(found)).not.toContain('m');
});

test('normalizations take their vectors along; softmax and most reductions stop', () => {
  expect(
    reach(`${made}; g = float32[2] {...}; e = LayerNormalization(h, g, g) {axis: -1}; ${read}`, 'h', 1, both),
  ).toMatchObject({
    g: { 0: both },
    e: { 1: both },
  });
  expect(reach(`${made}; e = Softmax(h) {axis: -1}; ${read}`, 'h', 1, both)).toContain('Softmax runs over the axis');
  expect(reach(`${made}; e = Softmax(h) {axis: 0}; ${read}`, 'h', 1, both)).toMatchObject({ e: { 1: both } });
  expect(reach(`${made}; e = ReduceSum(h) {keepdims: 1}; ${read}`, 'h', 1, both)).toContain('ReduceSum runs over');
});

test('a mean over the axis is another mean, one over others passes it on', () => {
  const spelled = `${made}; m = ReduceMean(h) {axes: [-1]}; e = Sub(h, m); ${read}`;
  expect(reach(spelled, 'h', 1, both)).toMatchObject({ e: { 1: both }, v: { 0: both } });
  const rows = `x: float32[N, S, 3]; w = float32[3, 2] {...}; h = MatMul(x, w); e = ReduceMean(h) {axes: [1], keepdims: 0}; v = float32[2, 1] {...}; y = MatMul(e, v)\n-> y: float32[N, 1]`;
  expect(reach(rows, 'h', 2, both)).toMatchObject({ e: { 1: both } });
  expect(reach(rows, 'e', 1, both)).toMatchObject({ h: { 2: both } });
});
