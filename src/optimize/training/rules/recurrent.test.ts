import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter, extend, int } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';

const f = 'float32';
const weights = `w: ${f}[1, 8, 3]; r: ${f}[1, 8, 2]; b: ${f}[1, 16]`;
const shapes = { x: [4, 2, 3], w: [1, 8, 3], r: [1, 8, 2], b: [1, 16] };

test('steps and rows that are known only at run time; a loss on the last state alone', async () => {
  const text = `x: ${f}[T, N, 3]; ${weights}; _, h = LSTM(x, w, r, b) {hidden_size: 2}; y = Squeeze(h); -> y: ${f}[N, 2]`;
  expect(await gradientError({ text, shapes })).toBeLessThan(3e-4);
});

test('two layers, one behind the other, in both ways', async () => {
  const text = `x: ${f}[T, N, 2]; w1: ${f}[2, 6, 2]; r1: ${f}[2, 6, 2]; w2: ${f}[1, 2, 4]; r2: ${f}[1, 2, 2]; s = int64[3] {0, 0, -1};
    a = GRU(x, w1, r1) {hidden_size: 2, direction: "bidirectional"}; t = Transpose(a) {perm: [0, 2, 1, 3]}; m = Reshape(t, s);
    c = RNN(m, w2, r2) {hidden_size: 2}; -> c: ${f}[T, 1, N, 2]`;
  const sizes = { x: [3, 2, 2], w1: [2, 6, 2], r1: [2, 6, 2], w2: [1, 2, 4], r2: [1, 2, 2] };
  expect(await gradientError({ text, shapes: sizes })).toBeLessThan(3e-4);
});

test('weights that stay cost no products', () => {
  const text = `x: ${f}[4, 2, 3]; ${weights}; y = LSTM(x, w, r, b) {hidden_size: 2}; -> y: ${f}[4, 1, 2, 2]`;
  const model = parseText(text);
  const before = emitter(model);
  const loss = before.emit('ReduceSum', ['y'], { keepdims: int(0) });
  const whole = extend(model, before);
  const products = (wanted: readonly string[]): number => {
    const to = emitter(whole);
    differentiate(whole, loss, wanted, to);
    return to.nodes.filter(({ op }) => op === 'Gemm').length;
  };
  expect(products(['x'])).toBe(0);
  expect(products(['w'])).toBe(1);
  expect(products(['x', 'w', 'r', 'b'])).toBe(2);
});
