import { expect, test } from 'vitest';
import { gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';
test.each<[string, Check['shapes']]>([
  [`a: ${f}[3, 4]; b: ${f}[4, 2]; y = MatMul(a, b); -> y: ${f}[3, 2]`, { a: [3, 4], b: [4, 2] }],
  [`a: ${f}[B, S, 4]; b: ${f}[4, 3]; y = MatMul(a, b); -> y: ${f}[B, S, 3]`, { a: [2, 3, 4], b: [4, 3] }],
  [`a: ${f}[B, S, K]; b: ${f}[K, N]; y = MatMul(a, b); -> y: ${f}[B, S, N]`, { a: [2, 3, 4], b: [4, 3] }],
  [
    `a: ${f}[B, 2, S, 4]; b: ${f}[B, 2, 4, S]; y = MatMul(a, b); -> y: ${f}[B, 2, S, S]`,
    { a: [2, 2, 3, 4], b: [2, 2, 4, 3] },
  ],
  [`a: ${f}[1, 3, 4]; b: ${f}[2, 4, 2]; y = MatMul(a, b); -> y: ${f}[2, 3, 2]`, { a: [1, 3, 4], b: [2, 4, 2] }],
  [
    `a: ${f}[?, 3, 4]; b: ${f}[?, ?, 4, 2]; y = MatMul(a, b); -> y: ${f}[?, ?, 3, 2]`,
    { a: [1, 3, 4], b: [2, 3, 4, 2] },
  ],
  [`a: ${f}[3, 4]; b: ${f}[2, 4, 2]; y = MatMul(a, b); -> y: ${f}[2, 3, 2]`, { a: [3, 4], b: [2, 4, 2] }],
  [`a: ${f}[4]; b: ${f}[4]; y = MatMul(a, b); -> y: ${f}[]`, { a: [4], b: [4] }],
  [`a: ${f}[4]; b: ${f}[2, 4, 3]; y = MatMul(a, b); -> y: ${f}[2, 3]`, { a: [4], b: [2, 4, 3] }],
  [`a: ${f}[2, 3, 4]; b: ${f}[4]; y = MatMul(a, b); -> y: ${f}[2, 3]`, { a: [2, 3, 4], b: [4] }],
])('MatMul: %s', async (text, shapes) => {
  expect(await gradientError({ text, shapes })).toBeLessThan(1e-7);
});

test.each([
  ['', [3, 4], [4, 2]],
  ['transA: 1', [4, 3], [4, 2]],
  ['transB: 1', [3, 4], [2, 4]],
  ['transA: 1, transB: 1, alpha: 0.5, beta: 2.0', [4, 3], [2, 4]],
])('Gemm {%s}', async (attributes, a, b) => {
  const text = `a: ${f}[${a.join()}]; b: ${f}[${b.join()}]; c: ${f}[2]; y = Gemm(a, b, c) {${attributes}}; -> y: ${f}[3, 2]`;
  expect(await gradientError({ text, shapes: { a, b, c: [2] } })).toBeLessThan(1e-7);
});
