import { expect, test } from 'vitest';
import { edit, matchAt, parseText, type Shape } from '../../model/graph/index.ts';
import { layerNorm, rmsNorm } from './layer-normalization-patterns.ts';

const at = (shape: Shape, text: string) => {
  const model = parseText(
    `x: float32[N, 8]; g = float32[8] {...}; b = float32[8] {...}; two = float32[] {2.0}; eps = float32[] {0.00001}; one = float32[] {1.0}; ${text}`,
    {
      tensors: Object.fromEntries(
        ['g', 'b'].map((name) => [
          name,
          { dtype: 'float32', dims: [8], data: { kind: 'inline', bytes: new Uint8Array(32) } },
        ]),
      ),
    },
  );
  return matchAt(edit(model), shape, model.graph.nodes.at(-1)!);
};
const start =
  'm = ReduceMean(x) {axes: [-1]}; d = Sub(x, m); p = Pow(d, two); v = ReduceMean(p) {axes: [-1]}; e = Add(v, eps)';

test('LayerNormalization, with scale and shift', () => {
  expect(at(layerNorm, `${start}; s = Sqrt(e); n = Div(d, s); k = Mul(n, g); y = Add(k, b)`).kind).toBe('match');
});

test('a wrong exponent is a near miss that says so', () => {
  const wrong = start.replace('two)', 'one)');
  const miss = at(layerNorm, `${wrong}; s = Sqrt(e); n = Div(d, s); k = Mul(n, g); y = Add(k, b)`);
  expect(miss).toMatchObject({ kind: 'miss', miss: { reason: expect.stringContaining('expected 2') } });
});

test('RMSNorm, by a square and a reciprocal root', () => {
  const text =
    'p = Pow(x, two); v = ReduceMean(p) {axes: [-1]}; e = Add(v, eps); s = Sqrt(e); n = Div(x, s); y = Mul(n, g)';
  expect(at(rmsNorm, text).kind).toBe('match');
  expect(at(rmsNorm, text.replace('Sqrt', 'Exp')).kind).toBe('miss');
});
