import { expect, test } from 'vitest';
import { edit, matchAt, parseText, type Shape } from '../../model/graph/index.ts';
import { biased, erfGelu, quickGelu, tanhGelu } from './gelu-patterns.ts';

const constants =
  'half = float32[] {0.5}; one = float32[] {1.0}; root = float32[] {1.4142135}; cube = float32[] {0.044715}; scale = float32[] {0.7978846}; three = float32[] {3.0}; quick = float32[] {1.702}';
const at = (shape: Shape, text: string) => {
  const model = parseText(`x: float32[N]; ${constants}; ${text}`);
  return matchAt(edit(model), shape, model.graph.nodes.at(-1)!);
};

test.each([
  ['half last', 'd = Div(x, root); e = Erf(d); p = Add(e, one); m = Mul(x, p); y = Mul(m, half)'],
  ['half first', 'd = Div(x, root); e = Erf(d); p = Add(one, e); m = Mul(half, x); y = Mul(p, m)'],
  ['half in the middle', 'd = Div(x, root); e = Erf(d); p = Add(e, one); m = Mul(p, half); y = Mul(x, m)'],
])('Gelu by Erf, %s', (_, text) => {
  expect(at(erfGelu, text)).toMatchObject({ kind: 'match' });
});

test('Gelu by Tanh, and by Sigmoid with any factor', () => {
  const text =
    'c = Pow(x, three); k = Mul(c, cube); s = Add(x, k); t = Mul(s, scale); h = Tanh(t); p = Add(h, one); m = Mul(x, p); y = Mul(m, half)';
  expect(at(tanhGelu, text)).toMatchObject({ kind: 'match' });
  expect(at(tanhGelu, text.replace('Tanh', 'Erf')).kind).toBe('miss');
  expect(at(quickGelu, 's = Mul(x, quick); g = Sigmoid(s); y = Mul(x, g)')).toMatchObject({ kind: 'match' });
});

test('a wrong number is a near miss that says so', () => {
  const miss = at(erfGelu, 'd = Div(x, three); e = Erf(d); p = Add(e, one); m = Mul(x, p); y = Mul(m, half)');
  expect(miss).toMatchObject({ kind: 'miss', miss: { reason: expect.stringContaining('expected 1.41') } });
});

test('a bias in front of a fused operator', () => {
  expect(at(biased(['Gelu']), 'b: float32[8]; a = Add(x, b); y = Gelu(a)')).toMatchObject({ kind: 'match' });
  expect(at(biased(['Gelu']), 'y = Gelu(x)').kind).toBe('miss');
});
