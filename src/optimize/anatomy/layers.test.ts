import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { addedVector, layersOf, nameOf, resultOf } from './layers.ts';
import { viewOf } from './walk.ts';

const view = viewOf(
  model(`x: float32[B, S, 8]; z: float32[B, S, 4]
    w = float32[8, 4] {...}; b = float32[4] {...}; stack = float32[2, 8, 4] {...}; rows = int64[2] {-1, 8}; back = int64[3] {-1, 5, 4}
    h = MatMul(x, w); a = Add(b, h); s = MatMul(x, stack)
    f = Reshape(x, rows); m = MatMul(f, w); r = Reshape(m, back); t = Add(r, b)
    g = Gemm(f, w, b); n = MatMul(x, w); o = Add(n, z); p = Relu(n)
    -> a, s, t, g, o, p`),
);
const layers = layersOf(view);
const at = (output: string) => layers.at(view.draft.producer(output))!;

test('layers have one constant matrix; stacks have not', () => {
  expect(layers.all.map(nameOf)).toEqual(['h', 'm', 'g', 'n']);
  expect(layers.at(view.draft.producer('s'))).toBeNull();
  expect(layers.at(null)).toBeNull();
});

test('a bias is that of a Gemm or of an Add behind', () => {
  expect(resultOf(view, at('h'))).toEqual({ result: 'a', bias: 'b' });
  expect(resultOf(view, at('m'))).toEqual({ result: 't', bias: 'b' });
  expect(resultOf(view, at('g'))).toEqual({ result: 'g', bias: 'b' });
  expect(resultOf(view, at('n'))).toEqual({ result: 'n', bias: null });
  expect(addedVector(view, view.draft.producer('o')!, 'n')).toBeNull();
});
