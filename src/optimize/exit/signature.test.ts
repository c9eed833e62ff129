import { expect, test } from 'vitest';
import { model, normal } from '../testing/quantized.ts';
import {
  fedInputs,
  isProbability,
  keptInputs,
  notScoresOnly,
  sameModel,
  sharedWeights,
  vocabularies,
} from './signature.ts';

test('inputs: fed ones, and those that stay when old files list their weights', () => {
  const now = model('x: float32[N, 2]; w: float32[2, 2]; w = float32[2, 2]{...}; y = MatMul(x, w)');
  const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);
  expect(names(fedInputs(now))).toEqual(['x']);
  expect(names(keptInputs(now))).toEqual(['x', 'w']);
  expect(names(keptInputs({ ...now, irVersion: 3 }))).toEqual(['x']);
});

test('outputs', () => {
  const one = model('x: float32[N, 2]; p = Softmax(x); y = Identity(p)');
  expect(notScoresOnly(one, 'y', 'it')).toBeNull();
  expect(notScoresOnly(one, 'q', 'it')).toBe('it has no output q');
  expect(notScoresOnly(model('x: float32[N, 2]; y = Neg(x); z = Abs(x)'), 'y', 'it')).toContain('other outputs (z)');
  expect(notScoresOnly(model('x: float32[N, 2]; y = Neg(x); -> x: float32[N, 2]'), 'x', 'it')).toBe('it computes no x');
  expect(isProbability(one, 'y')).toBe(true);
  expect(isProbability(model('x: float32[N, 2]; p = Softmax(x); y = Mul(p, x)'), 'y')).toBe(false);
});

test('the table that token ids are looked up in', () => {
  const text =
    'ids: int64[N, S]; k: int64[N, S]; t = float32[9, 4]{...}; s = float32[2, 4]{...}; c = Cast(ids) {to: 6}; a = Gather(t, c); b = Gather(s, k); y = Add(a, b)';
  expect(vocabularies(model(text))).toEqual(
    new Map([
      ['ids', 9],
      ['k', 2],
    ]),
  );
  // A table that remaps ids comes first: its rows are the tokenizer's.
  const remapped =
    'ids: int64[N, S]; m = int64[5] {0, 1, 1, 0, 1}; t = float32[2, 4]{...}; c = Gather(m, ids); y = Gather(t, c)';
  expect(vocabularies(model(remapped))).toEqual(new Map([['ids', 5]]));
});

test('weights that two models hold, and equal models', () => {
  const one = model(
    'x: float32[N, 2]; w = float32[2, 2]{...}; v = float32[2, 2]{...}; a = MatMul(x, w); y = MatMul(a, v)',
  );
  const other = model(
    'x: float32[N, 2]; u = float32[2, 2]{...}; v = float32[2, 2]{...}; a = MatMul(x, u); y = MatMul(a, v)',
    { u: normal([2, 2], 'w', 1 / Math.sqrt(2)), v: normal([2, 2], 'q') },
  );
  expect(sharedWeights(one.graph, other)).toEqual(new Map([['w', 'u']]));
  expect(
    sharedWeights(one.graph, {
      ...other,
      graph: { ...other.graph, inputs: [...other.graph.inputs, { name: 'u', type: null }] },
    }),
  ).toEqual(new Map());
  expect(sameModel(one, { ...one, graph: { ...one.graph } })).toBe(true);
  expect(sameModel(one, other)).toBe(false);
  const moved = {
    ...one,
    graph: { ...one.graph, nodes: [one.graph.nodes[0]!, { ...one.graph.nodes[1]!, op: 'Add' }] },
  };
  expect(sameModel(one, moved)).toBe(false);
});
