import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { layersOf } from './layers.ts';
import { sumBehind, sumOf } from './sums.ts';
import { viewOf } from './walk.ts';

const view = viewOf(
  model(`x: float32[B, S, 8]
    w = float32[8, 8] {...}; b = float32[8] {...}; g = float32[8] {...}; scale = float32[8] {...}
    h = MatMul(x, w); a = Add(h, b); d = Dropout(a); m = Mul(d, scale); s = Add(x, m); t = Add(s, b); y = Relu(t)
    k = MatMul(y, w); n, _, _, r = com.microsoft.SkipLayerNormalization(k, y, g, g, b)
    o = MatMul(n, w); p = Relu(o); q = MatMul(n, w); q2 = Add(q, q)
    -> n, r, p, q2`),
);
const layers = layersOf(view);
const of = (output: string) => sumOf(view, layers.at(view.draft.producer(output))!);

test('a result joins the stream over bias, dropout and scale, in an Add or a fused operator', () => {
  expect(of('h')).toMatchObject({ other: 'x', sum: 't', normed: null });
  expect(of('k')).toMatchObject({ other: 'y', sum: 'r', normed: 'n' });
});

test('or it does not', () => {
  expect(of('o')).toBeNull();
  expect(of('q')).toBeNull();
  expect(sumBehind(view, 'nothing')).toBeNull();
});
