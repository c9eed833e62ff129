import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';

const f = 'float64';
const forms = ['{keepdims: 1}', '{keepdims: 0}'];

const positive = (random: () => number): number => 0.3 + Math.abs(random());

test.each([
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceSumSquare',
  'ReduceProd',
  'ReduceL2',
  'ReduceLogSumExp',
])('%s', async (op) => {
  const input = (opset: number): boolean => op === 'ReduceSum' || opset >= 18;
  // Axes became an input in 18; all of these share the code for it.
  for (const opset of op === 'ReduceMax' ? [17, 18] : [18])
    for (const form of forms) {
      const keep = form === forms[0];
      const axes = (list: string, count: number, after: string): string =>
        input(opset)
          ? `a = int64[${count}] {${list}}; r = ${op}(x, a) ${form}; y = Mul(r, r); -> y: ${f}${after}`
          : `r = ${op}(x) ${form.replace('{', `{axes: [${list}], `)}; y = Mul(r, r); -> y: ${f}${after}`;
      const cases = [
        axes('1', 1, keep ? '[2, 1, 2]' : '[2, 2]'),
        axes('0, -1', 2, keep ? '[1, 3, 1]' : '[3]'),
        `r = ${op}(x) ${form}; y = Mul(r, r); -> y: ${f}${keep ? '[1, 1, 1]' : '[]'}`,
      ];
      for (const one of cases) {
        const text = `x: ${f}[2, 3, 2]; ${one}`;
        expect(await gradientError({ text, shapes: { x: [2, 3, 2] }, opset }), `${opset} ${text}`).toBeLessThan(1e-6);
      }
    }
});

test.each<[string, string, (random: () => number) => number]>([
  ['ReduceL1', 'float32', (random) => Math.sign(random()) * (0.5 + Math.abs(random()))],
  ['ReduceLogSum', 'float32', positive],
])('%s in %s', async (op, dtype, x) => {
  const text = `x: ${dtype}[2, 3, 4]; a = int64[1] {1}; y = ${op}(x, a); -> y: ${dtype}[2, 1, 4]`;
  expect(await gradientError({ text, shapes: { x: [2, 3, 4] }, values: { x }, opset: 18 })).toBeLessThan(3e-4);
});

test('axes that are computed, kept or not', async () => {
  for (const [form, after] of [
    ['{keepdims: 1}', '[?, ?, ?]'],
    ['{keepdims: 0}', '[?]'],
  ]) {
    const text = `x: ${f}[2, 3, 4]; a: int64[2]; r = ReduceSum(x, a) ${form}; y = Mul(r, r); -> y: ${f}${after}`;
    const a = { dtype: 'int64', dims: [2], data: BigInt64Array.of(0n, -1n) } as const;
    expect(await gradientError({ text, shapes: { x: [2, 3, 4] }, values: { a } }), form).toBeLessThan(1e-6);
  }
});

test('a product with zeros: the slope at a 0 is the product of the rest', async () => {
  const text = `x: ${f}[3, 3]; a = int64[1] {1}; y = ReduceProd(x, a) {keepdims: 0}; -> y: ${f}[3]`;
  const x = { dtype: f, dims: [3, 3], data: Float64Array.of(2, -3, 0.5, 0, -2, 3, 0, 0, 5) } as const;
  expect(await gradientError({ text, shapes: {}, values: { x }, opset: 18 })).toBeLessThan(1e-6);
});

test('a length of 0 has no slope', async () => {
  const model = `x: ${f}[2, 2]; a = int64[1] {1}; y = ReduceL2(x, a); -> y: ${f}[2, 1]`;
  const x = { dtype: f, dims: [2, 2], data: Float64Array.of(0, 0, 3, 4) } as const;
  // The central difference of |x| at 0 is 0.
  expect(await gradientError({ text: model, shapes: {}, values: { x }, opset: 18 })).toBeLessThan(1e-6);
});

test.each(['', '{reverse: 1}', '{exclusive: 1}', '{exclusive: 1, reverse: 1}'])('CumSum %s', async (form) => {
  const text = `x: ${f}[3, 4]; a = int64[] {-1}; c = CumSum(x, a) ${form}; y = Mul(c, c); -> y: ${f}[3, 4]`;
  expect(await gradientError({ text, shapes: { x: [3, 4] } })).toBeLessThan(1e-6);
});

test('no axes can mean no reduction', async () => {
  const text = `x: ${f}[2, 3]; a = int64[0] {}; r = ReduceSum(x, a) {noop_with_empty_axes: 1}; y = Mul(r, r); -> y: ${f}[2, 3]`;
  expect(await gradientError({ text, shapes: { x: [2, 3] } })).toBeLessThan(1e-6);
});

test('equal largest elements share the gradient', async () => {
  const text = `x: ${f}[3]; y = ReduceMax(x) {keepdims: 0}; -> y: ${f}[]`;
  // Central differences see half of each: up moves one, down moves none.
  const x = { dtype: 'float64', dims: [3], data: Float64Array.of(2, 2, 1) } as const;
  expect(await gradientError({ text, shapes: {}, values: { x } })).toBeLessThan(1e-6);
});
