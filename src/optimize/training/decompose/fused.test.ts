import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';
import { decompositionError } from '../testing/same.ts';

const f = 'float32';

test.each<[string, string, Record<string, number[]>]>([
  ['FusedMatMul(a, b)', '[2, 3, 5]', { a: [2, 3, 4], b: [4, 5] }],
  ['FusedMatMul(a, b) {alpha: 0.25, transB: 1}', '[2, 2, 3, 3]', { a: [2, 2, 3, 4], b: [2, 2, 3, 4] }],
  ['FusedMatMul(a, b) {transA: 1}', '[2, 4, 5]', { a: [2, 3, 4], b: [2, 3, 5] }],
  ['TransposeMatMul(a, b) {alpha: 2.0, transB: 1}', '[3, 5]', { a: [3, 4], b: [5, 4] }],
  [
    'FusedGemm(a, b, c) {transB: 1, alpha: 0.5, beta: 2.0, activation: "Tanh"}',
    '[3, 5]',
    { a: [3, 4], b: [5, 4], c: [5] },
  ],
  ['FusedGemm(a, b) {activation: "LeakyRelu", activation_alpha: 0.2}', '[3, 5]', { a: [3, 4], b: [4, 5] }],
  [
    'FusedConv(a, b, c) {kernel_shape: [2, 2], pads: [1, 0, 0, 1], activation: "Sigmoid"}',
    '[1, 2, 3, 3]',
    { a: [1, 2, 3, 3], b: [2, 2, 2, 2], c: [2] },
  ],
  [
    'FusedConv(a, b, _, d) {kernel_shape: [2, 2], activation: "Tanh"}',
    '[1, 2, 2, 2]',
    { a: [1, 1, 3, 3], b: [2, 1, 2, 2], d: [1, 2, 2, 2] },
  ],
])('%s', async (call, y, shapes) => {
  const inputs = Object.entries(shapes).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const text = `${inputs.join('; ')}; y = com.microsoft.${call}; -> y: ${f}${y}`;
  expect(await decompositionError(text, shapes)).toBeLessThan(2e-5);
  expect(await gradientError({ text, shapes })).toBeLessThan(4e-4);
});
