import { expect, test } from 'vitest';
import { parseText, printText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { foldScales } from './fold-scales.ts';
import { evaluate } from './testing/differences.ts';

const random = seeded(1, 'fold');
const normals = (count: number): string => Array.from({ length: count }, () => random.normal().toFixed(3)).join(', ');
const source = (middle: string, more = ''): string =>
  `x: float32[N, 3]; w = float32[3, 4] {${normals(12)}}; b = float32[4] {${normals(4)}}; v = float32[4, 2] {${normals(8)}};
   root = float32[] {1.41421356}; half = float32[] {0.5}; one = float32[] {1};
   p = MatMul(x, w); a = Add(p, b); ${middle}; y = MatMul(g, v); -> y: float32[N, 2]${more}`;
const gelu = 'u = Div(a, root); e = Erf(u); t = Add(e, one); m = Mul(a, t); g = Mul(m, half)';
const ops = (model: ReturnType<typeof parseText>): string => model.graph.nodes.map(({ op }) => op).join(' ');
const feed = {
  x: { dtype: 'float32' as const, dims: [5, 3], data: Float32Array.from({ length: 15 }, () => random.normal()) },
};

test.each([
  ['halved last', gelu],
  ['the bias first, halved inside', 'u = Div(a, root); e = Erf(u); h = Mul(e, half); t = Add(h, half); g = Mul(t, a)'],
])('%s: the scale goes into the product, answers stay', async (_, middle) => {
  const model = parseText(source(middle));
  const folded = foldScales(model, new Set());
  expect(checkModel(folded)).toEqual([]);
  // Product and bias are scaled; the wide value that both came from is gone.
  expect(ops(folded)).toMatch(/^MatMul Mul Mul Add Erf /);
  expect(printText(folded)).not.toMatch(/\ba = /);
  const [before, after] = [await (await evaluate(model))(feed), await (await evaluate(folded))(feed)];
  const [one, other] = [before['y']!.data as Float32Array, after['y']!.data as Float32Array];
  for (const [i, value] of one.entries()) expect(other[i]).toBeCloseTo(value, 5);
});

test.each<[string, string, string, ReadonlySet<string>]>([
  ['another reader of the wide value', `${gelu}; o = Neg(a)`, ', o: float32[N, 4]', new Set()],
  ['the wide value is asked for', gelu, ', a: float32[N, 4]', new Set()],
  ['no gradient may pass it', gelu, '', new Set(['a'])],
  ['the scale is trained', gelu, '', new Set(['root'])],
  ['no Erf reads it', gelu.replace('Erf', 'Tanh'), '', new Set()],
  ['the scaled value takes its place', gelu.replace('Mul(a, t)', 'Mul(u, t)'), '', new Set()],
])('left alone: %s', (_, middle, more, fixed) => {
  const model = parseText(source(middle, more));
  expect(foldScales(model, fixed)).toBe(model);
});
