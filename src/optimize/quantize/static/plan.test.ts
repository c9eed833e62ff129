import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { planOf } from './plan.ts';
import { targetsOf } from './targets.ts';

const planned = (text: string, products = false) => {
  const draft = edit(model(text));
  const { pieces, values } = planOf(draft, targetsOf(draft, [], products));
  return { kinds: pieces.map(({ kind, output }) => `${kind} ${output}`), values };
};

test('a chain of convolutions has codes from end to end; pooling shares the scale of what it moves', () => {
  const { kinds, values } = planned(`x: float32[N, 3, 8, 8]; k = float32[4, 3, 3, 3]{...}; l = float32[4, 4, 1, 1]{...}
    a = Conv(x, k); r = Relu(a); m = MaxPool(r) {kernel_shape: [2, 2]}; y = Conv(m, l)`);
  expect(kinds).toEqual(['conv r', 'same m', 'conv y']);
  expect(values.get('m')).toMatchObject({ like: 'r', inner: true });
  expect(values.get('r')).toMatchObject({ positive: true, inner: true, like: 'r' });
  expect(values.get('x')).toMatchObject({ inner: false, positive: false });
});

test('what lies between float32 values stays float32', () => {
  const { kinds, values } = planned(`x: float32[B, S, 8]; w = float32[8, 8]{...}; v = float32[8, 8]{...}
    h = MatMul(x, w); t = Tanh(h); a = Add(t, x); y = MatMul(a, v)`);
  expect(kinds).toEqual(['matmul h', 'matmul y']);
  expect([...values.keys()].toSorted()).toEqual(['a', 'x']);
});

test('a residual of convolutions is added on codes, one of matrix products is not', () => {
  expect(
    planned(
      `x: float32[N, 4, 8, 8]; k = float32[4, 4, 1, 1]{...}; a = Conv(x, k); s = Add(a, x); r = Relu(s); y = Conv(r, k)`,
    ).kinds,
  ).toEqual(['conv a', 'pass r', 'conv y']);
  expect(
    planned('x: float32[B, S, 8]; w = float32[8, 8]{...}; a = MatMul(x, w); s = Add(a, x); y = MatMul(s, w)').kinds,
  ).toEqual(['matmul a', 'matmul y']);
});

test('a product that feeds a product directly leaves as codes', () => {
  const { kinds, values } = planned(
    'x: float32[N, 8]; w = float32[8, 8]{...}; a = MatMul(x, w); r = Relu(a); y = MatMul(r, w)',
  );
  expect(kinds).toEqual(['gemm r', 'gemm y']);
  expect(values.get('r')).toMatchObject({ inner: true, positive: true });
  expect(values.has('y')).toBe(false);
});

test('a Relu that others look behind is not folded', () => {
  const { kinds, values } = planned(
    'x: float32[N, 3, 4, 4]; k = float32[4, 3, 1, 1]{...}; a = Conv(x, k); y = Relu(a); z = Neg(a); -> y: float32[N, 4, 4, 4], z: float32[N, 4, 4, 4]',
  );
  expect(kinds).toEqual(['conv a']);
  expect(values.get('a')).toMatchObject({ positive: false });
});

test('indices of a pooling, and dilated average pools, keep it in float32', () => {
  const text = (pool: string, end: string) =>
    `x: float32[N, 3, 8, 8]; k = float32[4, 3, 1, 1]{...}; l = float32[4, 4, 1, 1]{...}; a = Conv(x, k); ${pool}; ${end}`;
  expect(
    planned(
      text(
        'm, i = MaxPool(a) {kernel_shape: [2, 2]}',
        'y = Conv(m, l); -> y: float32[N, 4, 7, 7], i: int64[N, 4, 7, 7]',
      ),
    ).kinds,
  ).toEqual(['conv a', 'conv y']);
  expect(planned(text('m = AveragePool(a) {kernel_shape: [2, 2], dilations: [2, 2]}', 'y = Conv(m, l)')).kinds).toEqual(
    ['conv a', 'conv y'],
  );
  expect(planned(text('m = AveragePool(a) {kernel_shape: [2, 2]}', 'y = Conv(m, l)')).kinds).toEqual([
    'conv a',
    'pass m',
    'conv y',
  ]);
});
