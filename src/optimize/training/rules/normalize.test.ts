import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';
test.each<[string, Check['shapes']]>([
  [`x: ${f}[2, N, 4]; y = Softmax(x); -> y: ${f}[2, N, 4]`, { x: [2, 3, 4] }],
  [`x: ${f}[2, 3, 4]; y = Softmax(x) {axis: 1}; -> y: ${f}[2, 3, 4]`, { x: [2, 3, 4] }],
  [`x: ${f}[N, M]; y = LogSoftmax(x); -> y: ${f}[N, M]`, { x: [3, 4] }],
  [`x: ${f}[2, 3, 4]; y = LogSoftmax(x) {axis: 0}; -> y: ${f}[2, 3, 4]`, { x: [2, 3, 4] }],
  [
    `x: ${f}[N, S, 4]; g: ${f}[4]; b: ${f}[4]; y = LayerNormalization(x, g, b); -> y: ${f}[N, S, 4]`,
    { x: [2, 3, 4], g: [4], b: [4] },
  ],
  [
    `x: ${f}[2, 3, 4]; g: ${f}[3, 4]; b: ${f}[3, 4]; y = LayerNormalization(x, g, b) {axis: 1, epsilon: 0.5}; -> y: ${f}[2, 3, 4]`,
    { x: [2, 3, 4], g: [3, 4], b: [3, 4] },
  ],
  [`x: ${f}[2, 4]; g: ${f}[4]; y = LayerNormalization(x, g); -> y: ${f}[2, 4]`, { x: [2, 4], g: [4] }],
])('%s', async (text, shapes) => {
  for (const opset of [17, 18]) expect(await gradientError({ text, shapes, opset })).toBeLessThan(1e-6);
});

test('a loss that depends on the mean is refused with the node', () => {
  const model = parseText(
    'x: float32[2, 4]; g: float32[4]; y, m = LayerNormalization(x, g) as "norm"; l = ReduceSum(m) {keepdims: 0}; -> l: float32[]',
  );
  expect(() => differentiate(model, 'l', ['x'], emitter(model))).toThrow(
    expect.objectContaining({ code: 'training/unsupported', message: expect.stringContaining('norm') }),
  );
});

test('BatchNormalization with fixed statistics', async () => {
  const text = `x: ${f}[N, 3, 2, S]; g: ${f}[3]; b: ${f}[3]; m = ${f}[3] {0.5, -1, 2}; v = ${f}[3] {1, 0.5, 4};
    y = BatchNormalization(x, g, b, m, v) {epsilon: 0.01}; -> y: ${f}[N, 3, 2, S]`;
  expect(await gradientError({ text, shapes: { x: [2, 3, 2, 2], g: [3], b: [3] } })).toBeLessThan(1e-6);
});
