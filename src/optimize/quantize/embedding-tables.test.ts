import { describe, expect, test } from 'vitest';
import { edit, labelOf } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { isGather, tableOf } from './embedding-tables.ts';

const tied = (text: string, withTied = true): unknown => {
  const draft = edit(
    model(
      `ids: int64[N]; x: float32[N, 64]; t = float32[100, 64]{...}; b = float32[100]{...}; g = Gather(t, ids); ${text}`,
    ),
  );
  const found = tableOf(draft, draft.nodes().find(isGather)!, 10, withTied);
  return typeof found === 'string' ? found : found.tied.map(({ node, input, bias }) => [labelOf(node), input, bias]);
};

describe('an output layer that shares the table', () => {
  test.each([
    ['Gemm', 'y = Gemm(x, t, b) {transB: 1}', [['y', 'x', 'b']]],
    [
      'Transpose and two MatMuls',
      'u = Transpose(t) {perm: [1, 0]}; y = MatMul(x, u); z = MatMul(g, u)',
      [
        ['y', 'x', null],
        ['z', 'g', null],
      ],
    ],
    ['none', 'y = Neg(g)', []],
    ['Gemm with alpha', 'y = Gemm(x, t) {transB: 1, alpha: 0.5}', 'its table is also used by y'],
    ['Gemm without transB', 'a: float32[N, 100]; y = Gemm(a, t)', 'its table is also used by y'],
    [
      'a Transpose that is used otherwise',
      'u = Transpose(t) {perm: [1, 0]}; y = Neg(u)',
      'its table is also used by u',
    ],
    [
      'a Transpose that is an output',
      'u = Transpose(t) {perm: [1, 0]}; -> u: float32[64, 100]',
      'its table is also used by u',
    ],
    ['another product', 'a: float32[N, 100]; y = MatMul(a, t)', 'its table is also used by y'],
  ])('%s', (_, text, expected) => expect(tied(text)).toEqual(expected));

  test('is a reason where it cannot be shared', () =>
    expect(tied('y = Gemm(x, t, b) {transB: 1}', false)).toBe('its table is also used by y'));
});

test('why a table stays', () => {
  const draft = edit(
    model(`ids: int64[N]; c: float32[9, 9]; s = float32[4, 4]{...}; i = int64[2, 2] {1, 2, 3, 4}; k = float32[2, 2, 2]{...}; t = float32[20, 4]{...}
      a = Gather(c, ids); b = Gather(s, ids); d = Gather(i, ids); e = Gather(k, ids); f = Gather(t, ids) {axis: 1}`),
  );
  expect(draft.nodes().map((node) => tableOf(draft, node, 17, true))).toEqual([
    'its table is not constant',
    'its table has fewer than 17 values',
    'its table is int64, not float32',
    'its table has 3 dimensions, expected 2',
    'it gathers along an axis other than 0',
  ]);
});
