import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float32';

test.each(['Gelu(x)', 'FastGelu(x)', 'QuickGelu(x)', 'QuickGelu(x) {alpha: 0.9}'])('%s', async (call) => {
  const text = `x: ${f}[N, 4]; y = com.microsoft.${call}; -> y: ${f}[N, 4]`;
  for (const opset of [13, 18]) expect(await gradientError({ text, shapes: { x: [3, 4] }, opset })).toBeLessThan(3e-4);
});

test.each(['BiasGelu', 'FastGelu'])('%s with a bias', async (op) => {
  const text = `x: ${f}[2, N, 4]; b: ${f}[4]; y = com.microsoft.${op}(x, b); -> y: ${f}[2, N, 4]`;
  expect(await gradientError({ text, shapes: { x: [2, 3, 4], b: [4] } })).toBeLessThan(3e-4);
});

const angles = `c = ${f}[3, 2] {1, 1, 0.5, 0.9, -0.4, 0.6}; s = ${f}[3, 2] {0, 0, 0.8, 0.4, 0.9, 0.8}`;
test.each([
  [`p = int64[1, 3] {0, 1, 2}; y = com.microsoft.RotaryEmbedding(x, p, c, s)`, '[1, 2, 3, 4]', 18],
  [`p = int64[1, 3] {0, 1, 2}; y = com.microsoft.RotaryEmbedding(x, p, c, s) {interleaved: 1}`, '[1, 2, 3, 4]', 18],
  [`p = int64[1, 3] {2, 1, 0}; y = com.microsoft.RotaryEmbedding(x, p, c, s)`, '[1, 3, 8]', 18],
  [`p = int64[1, 3] {0, 2, 1}; y = RotaryEmbedding(x, c, s, p)`, '[1, 2, 3, 4]', 23],
  [`p = int64[1, 3] {0, 2, 1}; y = RotaryEmbedding(x, c, s, p) {interleaved: 1}`, '[1, 2, 3, 4]', 23],
])('RotaryEmbedding: %s', async (line, dims, opset) => {
  const shapes = { x: JSON.parse(dims) as number[] };
  expect(
    await gradientError({ text: `x: ${f}${dims}; ${angles}; ${line}; -> y: ${f}${dims}`, shapes, opset }),
  ).toBeLessThan(3e-4);
});

test('refuses trainable angles', () => {
  const model = parseText(
    `x: ${f}[1, 2, 3, 4]; c: ${f}[3, 2]; s: ${f}[3, 2]; p = int64[1, 3] {0, 1, 2}; r = com.microsoft.RotaryEmbedding(x, p, c, s); y = ReduceSum(r) {keepdims: 0}; -> y: ${f}[]`,
  );
  expect(() => differentiate(model, 'y', ['x', 'c'], emitter(model))).toThrow('has trainable angles');
});
