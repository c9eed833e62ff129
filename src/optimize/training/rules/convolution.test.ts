import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError, type Check } from '../testing/differences.ts';

// ONNX Runtime convolves in float32 only. The convolution is linear in each input, so a step of 1e-2 leaves rounding alone.
const f = 'float32';
const conv = (attributes: string, x: number[], w: number[], y: string): [string, Check['shapes']] => [
  `x: ${f}[N, ${x.slice(1).join()}]; w: ${f}[${w.join()}]; b: ${f}[${w[0]}]; y = Conv(x, w, b) {${attributes}}; -> y: ${f}${y}`,
  { x, w, b: [w[0]!] },
];

test.each([
  conv('', [2, 2, 4, 5], [3, 2, 2, 3], '[N, 3, 3, 3]'),
  conv('pads: [1, 0, 1, 2]', [1, 2, 4, 4], [2, 2, 3, 3], '[N, 2, 4, 4]'),
  conv('strides: [2, 2]', [1, 2, 6, 5], [2, 2, 3, 2], '[N, 2, 2, 2]'),
  conv('strides: [2, 3], pads: [1, 1, 1, 1]', [1, 1, 6, 6], [2, 1, 3, 3], '[N, 2, 3, 2]'),
  conv('dilations: [2, 1]', [1, 2, 6, 4], [2, 2, 2, 2], '[N, 2, 4, 3]'),
  conv('group: 2, pads: [1, 1, 1, 1]', [2, 4, 3, 3], [6, 2, 3, 3], '[N, 6, 3, 3]'),
  conv('strides: [2], pads: [0, 1], dilations: [2]', [2, 2, 9], [2, 2, 3], '[N, 2, 3]'),
  conv('auto_pad: "VALID"', [1, 1, 4, 4], [1, 1, 2, 2], '[N, 1, 3, 3]'),
])('%s', async (text, shapes) => {
  expect(await gradientError({ text, shapes })).toBeLessThan(2e-3);
});

test.each([
  ['{kernel_shape: [2, 2]}', '[1, 2, 3, 3]'],
  ['{kernel_shape: [2, 2], strides: [2, 2]}', '[1, 2, 2, 2]'],
  ['{kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1]}', '[1, 2, 2, 2]'],
])('MaxPool %s', async (attributes, y) => {
  const text = `x: float64[1, 2, 4, 4]; p = MaxPool(x) ${attributes}; y = Mul(p, p); -> y: float64${y}`;
  expect(await gradientError({ text, shapes: { x: [1, 2, 4, 4] } })).toBeLessThan(1e-6);
});

test('GlobalAveragePool', async () => {
  const text = `x: ${f}[N, 2, H, W]; p = GlobalAveragePool(x); y = Mul(p, p); -> y: ${f}[N, 2, 1, 1]`;
  expect(await gradientError({ text, shapes: { x: [2, 2, 3, 2] } })).toBeLessThan(2e-3);
});

test.each([
  ['pads by itself', 'w: float32[1, 1, 2, 2]; c = Conv(x, w) {auto_pad: "SAME_UPPER"}'],
  ['more than 64', 'w: float32[65, 1, 2, 2]; c = Conv(x, w) {group: 65}'],
])('refuses a convolution that %s', (what, line) => {
  const model = parseText(`x: float32[1, 65, 4, 4]; ${line}; y = ReduceSum(c) {keepdims: 0}; -> y: float32[]`);
  expect(() => differentiate(model, 'y', ['w'], emitter(model))).toThrow(what);
});
