import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { pairsOf } from './pairs.ts';

const found = (text: string, exclude: string[] = []) => {
  const draft = edit(model(text));
  const pairs = pairsOf(draft, exclude);
  return {
    pairs: pairs.map(({ kind, first, second, middle }) =>
      [kind, ...[first, middle, second].map((side) => side?.node.outputs[0] ?? '-')].join(' '),
    ),
    reasons: draft.done().skipped.map(({ nodes, reason }) => `${nodes[0]}: ${reason}`),
  };
};

test('convolutions in a row, depthwise ones between', () => {
  const { pairs, reasons } =
    found(`x: float32[N, 3, 8, 8]; a = float32[4, 3, 1, 1]{...}; b = float32[4, 1, 3, 3]{...}; c = float32[6, 4, 1, 1]{...}
    d = float32[6, 6, 1, 1]{...}; p = Conv(x, a); q = Conv(p, b) {group: 4}; r = Conv(q, c); s = Relu(r); y = Conv(s, d)`);
  expect(pairs).toEqual(['depthwise p q r', 'chain r - y']);
  expect(reasons).toEqual([
    'p: its input is an input of the model',
    'q: it is depthwise: its channels are balanced with the convolution behind it',
  ]);
});

test('grouped convolutions and flattened places are no channels', () => {
  const { pairs, reasons } =
    found(`x: float32[N, 4, 4, 4]; a = float32[4, 4, 1, 1]{...}; g = float32[4, 2, 1, 1]{...}; w = float32[64, 3]{...}
    p = Conv(x, a); q = Conv(p, g) {group: 2}; f = Flatten(q); y = Gemm(f, w)`);
  expect(pairs).toEqual([]);
  expect(reasons[1]).toBe('q: it has groups');
  expect(reasons[2]).toContain('y: its input comes from Flatten');
});

test('heads that shapes count, and heads of which only the width is known', () => {
  const text = (
    heads: string,
    length: string,
  ) => `x: float32[2, ${length}, 32]; wq = float32[32, 32]{...}; wk = float32[32, 32]{...}; s = int64[4]{2, 6, ${heads}, 8}
    q0 = MatMul(x, wq); q1 = Reshape(q0, s); q = Transpose(q1) {perm: [0, 2, 1, 3]}
    k0 = MatMul(x, wk); k1 = Reshape(k0, s); k = Transpose(k1) {perm: [0, 2, 3, 1]}; y = MatMul(q, k)`;
  const periods = (one: string) => pairsOf(edit(model(one)), []).map(({ period }) => period);
  expect(periods(text('4', '6'))).toEqual([null]);
  expect(periods(text('-1', 'S'))).toEqual([8]);
});

test('grouped heads: fewer keys than queries are no pair', () => {
  const { pairs } =
    found(`x: float32[2, 6, 32]; wq = float32[32, 32]{...}; wk = float32[32, 16]{...}; sq = int64[4]{2, 6, 4, 8}; sk = int64[4]{2, 6, 2, 8}
    q0 = MatMul(x, wq); q1 = Reshape(q0, sq); q = Transpose(q1) {perm: [0, 2, 1, 3]}
    k0 = MatMul(x, wk); k1 = Reshape(k0, sk); k2 = Transpose(k1) {perm: [0, 2, 3, 1]}; k = Concat(k2, k2) {axis: 1}; y = MatMul(q, k)`);
  expect(pairs).toEqual([]);
});

test('exclusions', () => {
  const text = 'x: float32[N, 8]; a = float32[8, 8]{...}; b = float32[8, 8]{...}; h = MatMul(x, a); y = MatMul(h, b)';
  expect(found(text).pairs).toEqual(['chain h - y']);
  expect(found(text, ['y']).pairs).toEqual([]);
});
