import { expect, test } from 'vitest';
import { reach } from './testing/reach.ts';

const pairs = [0, 0, 1, 1];
const out = 'wo = float32[4, 1] {...}; y = MatMul(c, wo)\n-> y: float32[B, S, 1]';

test('Attention: whole heads of its packed projection', () => {
  const text = `x: float32[B, S, 3]; w = float32[3, 12] {...}; b = float32[12] {...}; c = com.microsoft.Attention(x, w, b) {num_heads: 2}; ${out}`;
  expect(reach(text, 'c', 2, pairs)).toMatchObject({
    w: { 1: [...pairs, ...pairs, ...pairs] },
    b: { 0: [...pairs, ...pairs, ...pairs] },
    wo: { 0: pairs },
  });
  expect(reach(text, 'c', 2, [0, 1, 1, 0])).toContain('cut through heads');
});

test('MultiHeadAttention: its three operands, its bias and a term for each head', () => {
  const text = (more: string): string => `x: float32[B, S, 3]
    wq = float32[3, 4] {...}; wk = float32[3, 4] {...}; wv = float32[3, 4] {...}; b = float32[12] {...}; each = float32[1, 2, 5, 5] {...}
    q = MatMul(x, wq); k = MatMul(x, wk); v = MatMul(x, wv); c = com.microsoft.MultiHeadAttention(q, k, v, b${more}) {num_heads: 2}; ${out}`;
  expect(reach(text(', _, each'), 'c', 2, pairs)).toMatchObject({
    wq: { 1: pairs },
    wv: { 1: pairs },
    each: { 1: [0, 1] },
  });
  expect(reach(text(', _, _, q'), 'c', 2, pairs)).toContain('remembers keys');
});

test('GroupQueryAttention and RotaryEmbedding: a head of keys with its heads of queries', () => {
  const text = `x: float32[B, S, 3]; l: int32[B]; t: int32[]; at: int64[B, S]
    wq = float32[3, 8] {...}; wk = float32[3, 4] {...}; wv = float32[3, 4] {...}; cos = float32[9, 1] {...}; sin = float32[9, 1] {...}; wo = float32[8, 1] {...}
    q0 = MatMul(x, wq); q = com.microsoft.RotaryEmbedding(q0, at, cos, sin); k = MatMul(x, wk); v = MatMul(x, wv)
    c = com.microsoft.GroupQueryAttention(q, k, v, _, _, l, t) {num_heads: 4, kv_num_heads: 2}; y = MatMul(c, wo)
    -> y: float32[B, S, 1]`;
  const found = reach(text, 'c', 2, [0, 0, 0, 0, 1, 1, 1, 1]);
  expect(found).toMatchObject({ wq: { 1: [0, 0, 0, 0, 1, 1, 1, 1] }, wk: { 1: pairs }, wv: { 1: pairs } });
  expect(reach(text, 'c', 2, [0, 0, 1, 1, 2, 2, 3, 3])).toContain('share their keys');
});

test('SkipLayerNormalization and EmbedLayerNormalization: the hidden width', () => {
  const text = `ids: int32[B, S]; w = float32[9, 4] {...}; p = float32[7, 4] {...}; g = float32[4] {...}; m = float32[4, 4] {...}; last = float32[4, 1] {...}
    e, i = com.microsoft.EmbedLayerNormalization(ids, _, w, p, _, g, g); h = MatMul(e, m); n = com.microsoft.SkipLayerNormalization(h, e, g, g, g); y = MatMul(n, last)
    -> y: float32[B, S, 1]`;
  const four = [0, 1, 2, 3];
  expect(reach(text, 'e', 2, four)).toMatchObject({
    w: { 1: four },
    p: { 1: four },
    g: { 0: four },
    m: { 0: four, 1: four },
    n: { 2: four },
    last: { 0: four },
  });
});
