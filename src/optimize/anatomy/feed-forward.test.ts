import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { feedForwardOf } from './feed-forward.ts';
import { layersOf } from './layers.ts';
import { viewOf } from './walk.ts';

const found = (text: string) => {
  const view = viewOf(
    model(
      `x: float32[B, S, 8]; w = float32[8, 12] {...}; u = float32[8, 12] {...}; v = float32[12, 8] {...}; half = float32[] {0.5}\n${text}`,
    ),
  );
  const one = feedForwardOf(view, layersOf(view), ['x'], 8, ({ other }) => other === 'x');
  return typeof one === 'string'
    ? one
    : [one.feedForward.up.node.outputs[0], one.feedForward.gate?.node.outputs[0] ?? null, one.feedForward.hidden];
};

test('plain and gated', () => {
  expect(found('h = MatMul(x, w); t = Mul(h, half); r = Tanh(t); d = MatMul(r, v); y = Add(d, x)')).toEqual([
    'h',
    null,
    'r',
  ]);
  const gated =
    'a = MatMul(x, w); s = Sigmoid(a); g = Mul(a, s); b = MatMul(x, u); m = Mul(g, b); d = MatMul(m, v); y = Add(x, d)';
  expect(found(gated)).toEqual(['b', 'a', 'm']);
});

test('what is none says so', () => {
  expect(found('h = MatMul(x, w); y = Relu(h)')).toContain('no pair of linear layers');
  const two = (i: number): string =>
    `h${i} = MatMul(x, w); r${i} = Relu(h${i}); d${i} = MatMul(r${i}, v); y${i} = Add(d${i}, x)`;
  expect(found(`${two(1)}; ${two(2)}`)).toContain('experts');
  expect(found('a = MatMul(x, w); b = MatMul(x, u); m = Mul(a, b); d = MatMul(m, v); y = Add(x, d)')).toContain(
    'gate is not certain',
  );
});
