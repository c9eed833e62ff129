import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { sourceOf } from './producers.ts';

const found = (text: string, through: readonly string[] = ['Relu', 'Identity']) => {
  const draft = edit(model(text));
  const source = sourceOf(draft, 'n', 8, new Set(through));
  return (
    source &&
    `${source.what}: ${source.operands.map(({ output, position, axis }) => `${output}[${position}] ${axis}`).join(', ')}`
  );
};
const start = 'x: float32[B, S, 8]; g = float32[8]{...}; b = float32[8]{...}; w = float32[8, 8]{...}';

test.each([
  ['n = LayerNormalization(x, g, b) {axis: -1}', 'LayerNormalization: n[1] 0, n[2] 0'],
  ['n = LayerNormalization(x, g) {axis: 2}', 'LayerNormalization: n[1] 0'],
  ['m = Mul(g, x); n = Add(m, b)', 'Mul: m[0] 0, n[1] 0'],
  ['m = MatMul(x, w); a = Add(b, m); n = Relu(a)', 'MatMul: m[1] 1, a[0] 0'],
  ['m = com.microsoft.SkipLayerNormalization(x, x, g, b); n = Identity(m)', 'SkipLayerNormalization: m[2] 0, m[3] 0'],
])('%s', (text, expected) => {
  expect(found(`${start}; ${text}; y = MatMul(n, w)`)).toBe(expected);
});

test.each([
  ['another axis', 'n = LayerNormalization(x, g, b) {axis: 1}'],
  ['a computed gamma', 'q = Neg(g); n = LayerNormalization(x, q, b) {axis: -1}'],
  ['Gelu', 'm = MatMul(x, w); n = com.microsoft.Gelu(m)'],
  ['a sum with a constant of two dimensions', 'c = float32[1, 8]{...}; m = Neg(x); n = Add(m, c)'],
  ['a sum of two computed values', 'm = MatMul(x, w); n = Add(m, x)'],
  ['the model’s input', 'n = Add(x, x)'],
  [
    'a value with another user',
    'm = MatMul(x, w); n = Relu(m); z = Neg(m); -> n: float32[B, S, 8], z: float32[B, S, 8]',
  ],
])('no source: %s', (_, text) => {
  expect(found(text.includes('->') ? `${start}; ${text}` : `${start}; ${text}; y = MatMul(n, w)`)).toBeNull();
});

test('a scalar is no constant per channel, and Relu passes only when allowed', () => {
  expect(found(`${start}; two = float32[]{2.0}; n = Mul(x, two); y = MatMul(n, w)`)).toBeNull();
  expect(found(`${start}; m = MatMul(x, w); n = Relu(m); y = MatMul(n, w)`, [])).toBeNull();
});
