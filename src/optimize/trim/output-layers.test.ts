import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { findOutputLayers, otherReader } from './output-layers.ts';
import { findTables, type Tables } from './tables.ts';

const find = (text: string, untied = true) => {
  const draft = edit(model(`ids: int64[B, S]; t = float32[50, 8]{...}; e = Gather(t, ids); ${text}`));
  const tables = findTables(draft) as Tables;
  const found = findOutputLayers(draft, tables, untied);
  return 'reason' in found
    ? found.reason
    : { cuts: found.cuts.map(({ name, axis }) => `${name} ${axis}`), scores: [...found.scores] };
};

test('none, and inner layers of the same size, are left alone', () => {
  expect(find('w = float32[8, 3]{...}; y = MatMul(e, w); -> y')).toEqual({ cuts: [], scores: [] });
  expect(
    find('w = float32[8, 50]{...}; h = MatMul(e, w); r = Relu(h); v = float32[50, 3]{...}; y = MatMul(r, v); -> y'),
  ).toEqual({ cuts: [], scores: [] });
});

test('tied and own layers, with their biases', () => {
  expect(find('c = float32[50]{...}; u = Transpose(t) {perm: [1, 0]}; m = MatMul(e, u); y = Add(m, c); -> y')).toEqual({
    cuts: ['c 0'],
    scores: ['m', 'y'],
  });
  expect(
    find('w = float32[8, 50]{...}; c = float32[1, 50]{...}; m = MatMul(e, w); a = Add(c, m); y = Identity(a); -> y'),
  ).toEqual({ cuts: ['w 1', 'c 1'], scores: ['m', 'a', 'y'] });
  const flat = 'rows = int64[2] {-1, 8}; f = Reshape(e, rows); c = float32[50]{...};';
  expect(find(`${flat} y = Gemm(f, t, c) {transB: 1}; -> y`)).toEqual({ cuts: ['c 0'], scores: ['y'] });
  expect(find(`${flat} w = float32[50, 8]{...}; y = Gemm(f, w, c) {transB: 1}; -> y`)).toEqual({
    cuts: ['w 0', 'c 0'],
    scores: ['y'],
  });
});

test('as many classes as tokens are no tokens', () => {
  expect(find('w = float32[8, 50]{...}; y = MatMul(e, w); -> y', false)).toEqual({ cuts: [], scores: [] });
});

test.each([
  [
    'u = Transpose(t) {perm: [1, 0]}; m = MatMul(e, u); y = Softmax(m) {axis: -1}; -> y',
    /used by Softmax y, which reads them by place/,
  ],
  ['u = Transpose(t) {perm: [1, 0]}; m = MatMul(e, u); c: float32[50]; y = Add(m, c); -> y', /used by Add y/],
  ['m = Mul(t, t); y = Add(e, e); -> y, m', /also used by Mul m/],
  ['y = Identity(t); -> y, e', /also used by Identity y/],
  [
    'w = float32[8, 50]{...}; m = MatMul(e, w); y = Softmax(m) {axis: -1}; -> y: float32[B, S, 50]',
    /y has one score per token/,
  ],
  ['u = Transpose(t) {perm: [1, 0]}; m = MatMul(e, u); y = Add(e, e); s = Shape(m); -> m, s', /read from the shape/],
])('refuses %s', (text, reason) => {
  expect(find(text)).toMatch(reason);
});

test('names who else reads a table', () => {
  const reader = (text: string) => {
    const draft = edit(model(`ids: int64[B, S]; t = float32[50, 8]{...}; e = Gather(t, ids); ${text}`));
    const found = otherReader(draft, findTables(draft) as Tables);
    return typeof found === 'string' || found === null ? found : found.outputs[0];
  };
  expect(reader('y = Neg(e); -> y')).toBeNull();
  expect(reader('u = Transpose(t) {perm: [1, 0]}; y = MatMul(e, u); -> y')).toBe('u');
  expect(
    reader(
      'p: bool[]; y = If(p) { then_branch: graph "a" { x = Neg(t); -> x }, else_branch: graph "b" { z = Abs(t); -> z } }; -> e, y: float32[50, 8]',
    ),
  ).toBe('a subgraph');
});
