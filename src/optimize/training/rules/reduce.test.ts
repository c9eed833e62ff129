import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';

const f = 'float64';
const forms = ['{keepdims: 1}', '{keepdims: 0}'];

test.each(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceSumSquare'])('%s', async (op) => {
  const input = (opset: number): boolean => op === 'ReduceSum' || opset >= 18;
  for (const opset of [17, 18])
    for (const form of forms) {
      const keep = form === forms[0];
      const axes = (list: string, count: number, after: string): string =>
        input(opset)
          ? `a = int64[${count}] {${list}}; r = ${op}(x, a) ${form}; y = Mul(r, r); -> y: ${f}${after}`
          : `r = ${op}(x) ${form.replace('{', `{axes: [${list}], `)}; y = Mul(r, r); -> y: ${f}${after}`;
      const cases = [
        axes('1', 1, keep ? '[2, 1, 4]' : '[2, 4]'),
        axes('0, -1', 2, keep ? '[1, 3, 1]' : '[3]'),
        `r = ${op}(x) ${form}; y = Mul(r, r); -> y: ${f}${keep ? '[1, 1, 1]' : '[]'}`,
      ];
      for (const one of cases) {
        const text = `x: ${f}[2, 3, 4]; ${one}`;
        expect(await gradientError({ text, shapes: { x: [2, 3, 4] }, opset }), `${opset} ${text}`).toBeLessThan(1e-6);
      }
    }
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
