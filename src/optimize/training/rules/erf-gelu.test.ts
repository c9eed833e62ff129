import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const constants =
  'root = float32[] {1.41421356}; r = float32[] {0.70710678}; one = float32[1] {1}; half = float32[] {0.5}';
const forms: readonly (readonly [string, string])[] = [
  ['divided, halved last', 'u = Div(x, root); e = Erf(u); b = Add(e, one); m = Mul(x, b); y = Mul(m, half)'],
  ['halved inside', 'u = Mul(x, r); e = Erf(u); h = Mul(half, e); b = Add(half, h); y = Mul(b, x)'],
  ['halved first', 'm = Mul(x, half); u = Mul(r, x); e = Erf(u); b = Add(one, e); y = Mul(m, b)'],
  ['its factor is used elsewhere too', 'u = Mul(x, r); e = Erf(u); b = Add(e, one); m = Mul(x, b); y = Add(m, b)'],
  ['scaled before', 'e = Erf(x); b = Add(e, one); y = Mul(x, b)'],
  ['another scale and share', 'u = Mul(x, half); e = Erf(u); h = Mul(e, root); b = Add(h, half); y = Mul(x, b)'],
];

test.each(forms)('%s: as finite differences say', async (_, lines) => {
  const text = `x: float32[N, 5]; ${constants}; ${lines}; -> y: float32[N, 5]`;
  expect(await gradientError({ text, shapes: { x: [3, 5] } })).toBeLessThan(2e-3);
});

test('goes back in six passes over memory, one more for the half', () => {
  const model = parseText(
    `x: float32[N, 5]; ${constants}; ${forms[0]![1]}; s = ReduceSum(y) {keepdims: 0}; -> s: float32[]`,
  );
  const to = emitter(model);
  differentiate(model, 's', ['x'], to);
  const passes = to.nodes.filter(({ op }) => ['Mul', 'Sub', 'Exp', 'Add', 'Div', 'Sum', 'Erf'].includes(op));
  expect(passes.map(({ op }) => op)).toEqual(['Mul', 'Mul', 'Sub', 'Exp', 'Mul', 'Add', 'Mul']);
});

test('a constant that adds a dimension is left to the plain rules', async () => {
  const text = `x: float32[3, 5]; one = float32[1, 1, 1] {1}; u = Mul(x, one); e = Erf(u); b = Add(e, one); y = Mul(x, b); -> y: float32[1, 3, 5]`;
  expect(await gradientError({ text, shapes: { x: [3, 5] } })).toBeLessThan(2e-3);
});
