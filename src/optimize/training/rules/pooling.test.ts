import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float32';

test.each([
  ['{kernel_shape: [2, 2]}', '[1, 2, 3, 3]'],
  ['{kernel_shape: [2, 2], strides: [2, 2]}', '[1, 2, 2, 2]'],
  ['{kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1]}', '[1, 2, 2, 2]'],
  ['{kernel_shape: [2, 2], auto_pad: "SAME_UPPER"}', '[1, 2, 4, 4]'],
  ['{kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1}', '[1, 2, 2, 2]'],
])('MaxPool %s', async (attributes, y) => {
  const text = `x: float64[1, 2, 4, 4]; p = MaxPool(x) ${attributes}; y = Mul(p, p); -> y: float64${y}`;
  for (const opset of [13, 18])
    expect(await gradientError({ text, shapes: { x: [1, 2, 4, 4] }, opset })).toBeLessThan(1e-6);
});

test('MaxPool that gives its places out, over one axis', async () => {
  const text = `x: float64[2, 2, 6]; p, i = MaxPool(x) {kernel_shape: [3], strides: [1]}; y = Mul(p, p); -> y: float64[2, 2, 4]`;
  expect(await gradientError({ text, shapes: { x: [2, 2, 6] } })).toBeLessThan(1e-6);
});

test.each([
  ['{kernel_shape: [2, 2]}', '[2, 3, 3, 3]'],
  ['{kernel_shape: [2, 3], strides: [2, 1], pads: [1, 1, 0, 1]}', '[2, 3, 2, 4]'],
  ['{kernel_shape: [2, 3], strides: [2, 1], pads: [1, 1, 0, 1], count_include_pad: 1}', '[2, 3, 2, 4]'],
  ['{kernel_shape: [3, 3], auto_pad: "SAME_LOWER"}', '[2, 3, 4, 4]'],
])('AveragePool %s', async (attributes, y) => {
  const text = `x: ${f}[2, 3, 4, 4]; p = AveragePool(x) ${attributes}; y = Mul(p, p); -> y: ${f}${y}`;
  expect(await gradientError({ text, shapes: { x: [2, 3, 4, 4] } })).toBeLessThan(2e-4);
});

test.each(['GlobalAveragePool', 'GlobalMaxPool'])('%s', async (op) => {
  const text = `x: ${f}[N, 2, H, W]; p = ${op}(x); y = Mul(p, p); -> y: ${f}[N, 2, 1, 1]`;
  expect(await gradientError({ text, shapes: { x: [2, 2, 3, 2] } })).toBeLessThan(2e-4);
});

test.each([
  ['rounds its sizes up', 'p = AveragePool(x) {kernel_shape: [2, 2], ceil_mode: 1}'],
  ['counts places by columns', 'p, i = MaxPool(x) {kernel_shape: [2, 2], storage_order: 1}'],
])('refuses a pool that %s', (what, line) => {
  const model = parseText(`x: float32[1, 1, 3, 3]; ${line}; y = ReduceSum(p) {keepdims: 0}; -> y: float32[]`);
  expect(() => differentiate(model, 'y', ['x'], emitter(model))).toThrow(what);
});
