import { expect, test } from 'vitest';
import { gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';
const away = (random: () => number): number => {
  const x = random();
  return x + Math.sign(x) * 0.5;
};

test.each(['Add', 'Sub', 'Mul', 'Div'])('%s, also where either side is broadcast, known or not', async (op) => {
  const cases: [string, Check['shapes']][] = [
    [`a: ${f}[2, 3]; b: ${f}[2, 3]; y = ${op}(a, b); -> y: ${f}[2, 3]`, { a: [2, 3], b: [2, 3] }],
    [`a: ${f}[N, 3]; b: ${f}[3]; y = ${op}(a, b); -> y: ${f}[N, 3]`, { a: [2, 3], b: [3] }],
    [`a: ${f}[]; b: ${f}[N, M]; y = ${op}(a, b); -> y: ${f}[N, M]`, { a: [], b: [2, 3] }],
    [`a: ${f}[2, 1, 4]; b: ${f}[3, 1]; y = ${op}(a, b); -> y: ${f}[2, 3, 4]`, { a: [2, 1, 4], b: [3, 1] }],
    [`a: ${f}[N, M]; b: ${f}[A, B, C]; y = ${op}(a, b); -> y: ${f}[A, D, E]`, { a: [3, 1], b: [2, 1, 4] }],
    [`a: ${f}[N, M]; b: ${f}[A, B, C]; y = ${op}(a, b); -> y: ${f}[A, D, E]`, { a: [3, 4], b: [1, 3, 4] }],
    [`a: ${f}; b: ${f}; y = ${op}(a, b); -> y: ${f}`, { a: [1, 4], b: [3, 2, 1] }],
  ];
  for (const [text, shapes] of cases)
    expect(await gradientError({ text, shapes, values: { b: away } }), text).toBeLessThan(1e-6);
});

test('a value used on both sides gets both gradients', async () => {
  const text = `x: ${f}[2, 3]; y = Mul(x, x); -> y: ${f}[2, 3]`;
  expect(await gradientError({ text, shapes: { x: [2, 3] } })).toBeLessThan(1e-7);
});

test.each([
  [`a: ${f}[2, 3]; b: ${f}[3]; y = Pow(a, b); -> y: ${f}[2, 3]`, (random: () => number) => 0.5 + Math.abs(random())],
  [`a: ${f}[2, 3]; b = ${f}[] {2}; y = Pow(a, b); -> y: ${f}[2, 3]`, (random: () => number) => random()],
  [`a: ${f}[2, 3]; b = int64[] {3}; y = Pow(a, b); -> y: ${f}[2, 3]`, (random: () => number) => random()],
])('%s', async (text, a) => {
  expect(await gradientError({ text, shapes: { a: [2, 3], b: [3] }, values: { a } })).toBeLessThan(1e-6);
});

test('Sum of three, one of them broadcast', async () => {
  const text = `a: ${f}[2, 3]; b: ${f}[3]; c: ${f}[2, 1]; y = Sum(a, b, c); -> y: ${f}[2, 3]`;
  expect(await gradientError({ text, shapes: { a: [2, 3], b: [3], c: [2, 1] } })).toBeLessThan(1e-7);
});

test('Where sends the gradient to the branch that was taken', async () => {
  const text = `c: bool[2, 1]; a: ${f}[2, 3]; b: ${f}[3]; y = Where(c, a, b); -> y: ${f}[2, 3]`;
  const c = { dtype: 'bool', dims: [2, 1], data: Uint8Array.of(1, 0) } as const;
  expect(await gradientError({ text, shapes: { a: [2, 3], b: [3] }, values: { c } })).toBeLessThan(1e-7);
});

test.each(['Max', 'Min'])('%s of three, one of them broadcast', async (op) => {
  const text = `a: ${f}[2, 3]; b: ${f}[3]; c: ${f}[2, 3]; y = ${op}(a, b, c); -> y: ${f}[2, 3]`;
  expect(await gradientError({ text, shapes: { a: [2, 3], b: [3], c: [2, 3] } })).toBeLessThan(1e-6);
});

test('Mean of three, one of them broadcast', async () => {
  const text = `a: float32[2, 3]; b: float32[3]; c: float32[2, 1]; y = Mean(a, b, c); -> y: float32[2, 3]`;
  expect(await gradientError({ text, shapes: { a: [2, 3], b: [3], c: [2, 1] } })).toBeLessThan(3e-4);
});

test('a power of 0 has no slope, also at 0', async () => {
  const text = `a: ${f}[2, 2]; b = ${f}[2] {0, 2}; y = Pow(a, b); -> y: ${f}[2, 2]`;
  const a = { dtype: f, dims: [2, 2], data: Float64Array.of(0, 0, 1.5, -2) } as const;
  expect(await gradientError({ text, shapes: {}, values: { a } })).toBeLessThan(1e-4);
});
