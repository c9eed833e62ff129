import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError, type Check } from '../testing/differences.ts';

// ONNX Runtime convolves in float32 only. The convolution is linear in each input, so the steps leave rounding alone.
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
  conv('group: 4', [1, 4, 3, 3], [4, 1, 2, 2], '[N, 4, 2, 2]'),
  conv('group: 3, strides: [2, 1], dilations: [1, 2]', [2, 6, 5, 5], [3, 2, 2, 2], '[N, 3, 2, 3]'),
  conv('group: 2', [2, 4, 5], [2, 2, 3], '[N, 2, 3]'),
  conv('auto_pad: "SAME_UPPER"', [1, 2, 4, 3], [2, 2, 2, 3], '[N, 2, 4, 3]'),
  conv('auto_pad: "SAME_LOWER", strides: [2, 2]', [1, 1, 5, 4], [2, 1, 2, 3], '[N, 2, 3, 2]'),
  conv('auto_pad: "VALID"', [1, 1, 4, 4], [1, 1, 2, 2], '[N, 1, 3, 3]'),
])('%s', async (text, shapes) => {
  expect(await gradientError({ text, shapes })).toBeLessThan(2e-4);
});

test.each<[string, number[], number[], string]>([
  ['', [1, 2, 3, 3], [2, 3, 2, 2], '[1, 3, 4, 4]'],
  ['strides: [2, 3], pads: [1, 0, 0, 1]', [2, 2, 3, 2], [2, 2, 3, 3], '[2, 2, 6, 5]'],
  ['strides: [2, 2], output_padding: [1, 0]', [1, 1, 2, 3], [1, 2, 2, 2], '[1, 2, 5, 6]'],
  ['group: 2, dilations: [2, 1]', [1, 4, 2, 3], [4, 1, 2, 2], '[1, 2, 4, 4]'],
  ['strides: [2]', [2, 2, 3], [2, 3, 3], '[2, 3, 7]'],
])('ConvTranspose {%s}', async (attributes, x, w, y) => {
  const m = JSON.parse(y)[1] as number;
  const text = `x: ${f}[${x.join()}]; w: ${f}[${w.join()}]; b: ${f}[${m}]; y = ConvTranspose(x, w, b) {${attributes}}; -> y: ${f}${y}`;
  expect(await gradientError({ text, shapes: { x, w, b: [m] } })).toBeLessThan(2e-4);
});

test.each([
  ['pads by itself (SAME_UPPER) over sizes', 'c = Conv(x, w) {auto_pad: "SAME_UPPER", strides: [2, 2]}'],
  ['pads by its output shape', 'c = ConvTranspose(x, v) {output_shape: [9, 9]}'],
  ['output padding beyond', 'c = ConvTranspose(x, v) {output_padding: [1, 1], dilations: [2, 2]}'],
])('refuses what %s', (what, line) => {
  const model = parseText(
    `x: float32[1, 65, H, 4]; w: float32[1, 65, 2, 2]; v: float32[65, 1, 2, 2]; ${line}; y = ReduceSum(c) {keepdims: 0}; -> y: float32[]`,
  );
  expect(() => differentiate(model, 'y', ['w', 'v'], emitter(model))).toThrow(what);
});
