import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Model } from '../../contracts/index.ts';
import { attentionText, fused, reasons } from '../testing/attention.ts';
import type { Pieces } from '../testing/attention.ts';
import { context, model } from '../testing/quantized.ts';
import { groupQueryAttention } from './group-query-attention.ts';

const constants = `narrow = int64[4] {0, 0, 2, 8}; f0 = int64[1] {0}; f1 = int64[1] {1}; four = int64[1] {4}; group = int64[2] {2, 2}
  width = int64[1] {8}; rows = int64[3] {0, 1, 3}; columns = int64[3] {0, 1, 2}; ik = float32[32, 16] {...}
  iv = float32[32, 16] {...}; minus = float32[] {-inf}; shape = Shape(x); n = Gather(shape, one)
  b0 = Gather(shape, zero); b = Unsqueeze(b0, f0); n1 = Unsqueeze(n, f0); new = Range(zero, n, one)`;

const scaled = 's1 = Div(s0, root)';
const grouped = (total: string): string => `
  five = Concat(b, group, ${total}, width) {axis: 0}; all = Concat(b, four, ${total}, width) {axis: 0}`;

const split = (total: string, keys = 'k3', values = 'v3'): string => `${grouped(total)}
  q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
  k2 = Reshape(k1, narrow); k3 = Transpose(k2) {perm: [0, 2, 1, 3]}
  v2 = Reshape(v1, narrow); v3 = Transpose(v2) {perm: [0, 2, 1, 3]}
  ${keys === 'k3' ? '' : `nk = Concat(pk, k3) {axis: -2}; nv = Concat(pv, v3) {axis: 2}`}
  k4 = Unsqueeze(${keys}, two); k5 = Expand(k4, five); k6 = Reshape(k5, all); k = Transpose(k6) {perm: [0, 1, 3, 2]}
  v4 = Unsqueeze(${values}, two); v5 = Expand(v4, five); v = Reshape(v5, all)`;

const project = 'q1 = MatMul(x, wq); k1 = MatMul(x, ik); v1 = MatMul(x, iv)';
const causal = `i = Unsqueeze(new, rows); j = Unsqueeze(new, columns); seen = LessOrEqual(j, i); ${scaled}`;
const base: Pieces = {
  more: constants,
  project,
  split: split('n1'),
  mask: `${causal}; hidden = Where(seen, nought, lowest); score = Add(s1, hidden)`,
};
const past = (batch: string, rows: string): string =>
  attentionText({
    project,
    more: `${constants}; pk: float32[${batch}, 2, P, 8]; pv: float32[${batch}, 2, P, 8]; pshape = Shape(pk)
      p0 = Gather(pshape, at2); at2 = int64[] {2}; t0 = Add(p0, n); t1 = Unsqueeze(t0, f0)`,
    split: split('t1', 'nk', 'nv'),
    mask: `late = Add(new, p0); every = Range(zero, t0, one); i = Unsqueeze(late, rows); j = Unsqueeze(every, columns)
      seen = LessOrEqual(j, i); hidden = Where(seen, nought, lowest); ${scaled}; score = Add(s1, hidden)`,
    outputs: `-> y: float32[${batch}, ${rows}, 32], nk: float32[${batch}, 2, A, 8], nv: float32[${batch}, 2, A, 8]`,
  }).replace('x: float32[B, S, 32]', `x: float32[${batch}, ${rows}, 32]`);
const node = (subject: Model) => subject.graph.nodes.find(({ op }) => op === 'GroupQueryAttention');

const forms: Readonly<Record<string, Pieces>> = {
  'a mask by comparison': base,
  'the other comparison, denied': {
    ...base,
    mask: `i = Unsqueeze(new, rows); j = Unsqueeze(new, columns); late = Greater(j, i); seen = Not(late); ${scaled}
      score = Where(seen, s1, lowest)`,
  },
  'what is late is blocked': {
    ...base,
    mask: `i = Unsqueeze(new, rows); j = Unsqueeze(new, columns); late = Less(i, j); ${scaled}; score = Where(late, lowest, s1)`,
  },
  'together with a condition that always holds': {
    ...base,
    more: `${constants}; yes = bool[] {1}`,
    mask: `${causal}; sure = And(yes, seen); hidden = Where(sure, nought, lowest); score = Add(s1, hidden)`,
  },
  'padding of −∞ behind a guard': {
    ...base,
    more: `${constants}; mask: bool[B, S]`,
    mask: `${causal}; m1 = Unsqueeze(mask, inner); open = And(seen, m1); hidden = Where(open, nought, minus)
      score = Add(s1, hidden)`,
    softmax: 'p1 = Softmax(score) {axis: -1}; bad = IsNaN(p1); p = Where(bad, nought, p1)',
  },
};
describe('causal attention in groups becomes one operator', () => {
  test.each(Object.entries(forms))('%s', async (_name, pieces) => {
    const result = await fused(await context(), groupQueryAttention, attentionText(pieces));
    expect(result.skipped).toEqual([]);
    expect(node(result.model)?.attributes['kv_num_heads']).toEqual({ kind: 'int', value: 2n });
    expect(result.ops).not.toContain('Softmax');
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });

  test('a pure causal mask needs no bias', async () => {
    const { model: after } = await fused(await context(), groupQueryAttention, attentionText(base));
    expect(node(after)?.inputs).toHaveLength(7);
    expect(node(after)?.inputs.slice(3, 5)).toEqual(['', '']);
  });

  test.each([
    ['one sequence', '1', 'S'],
    ['one new token', 'B', '1'],
  ])('a past of %s', async (_name, batch, rows) => {
    const result = await fused(await context(), groupQueryAttention, past(batch, rows));
    expect(result.skipped).toEqual([]);
    expect(node(result.model)?.inputs.slice(3, 5)).toEqual(['pk', 'pv']);
    expect(node(result.model)?.outputs).toEqual(['y', 'nk', 'nv']);
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });
});

test('one new token sees all of the past: no mask is needed', async () => {
  const text = past('B', '1').replace('score = Add(s1, hidden)', 'score = Identity(s1)');
  const result = await fused(await context(), groupQueryAttention, text);
  expect(node(result.model)?.inputs).toHaveLength(7);
  expect(result.error).toBeLessThanOrEqual(1e-5);
});

test('several new tokens after a past need a promise', async () => {
  const world = await context();
  const text = past('B', 'S');
  expect(await reasons(world, groupQueryAttention, text)).toMatch(/newTokens: one/);
  const options = parseOptions(groupQueryAttention.id, groupQueryAttention.options, { newTokens: 'one' });
  expect(node((await groupQueryAttention.apply(model(text), options, world)).model)).toBeDefined();
});

test('padding that may leave rows with nothing to see needs a promise', async () => {
  const world = await context();
  const text = attentionText({
    ...base,
    more: `${constants}; mask: bool[B, S]`,
    mask: `${causal}; m1 = Unsqueeze(mask, inner); open = And(seen, m1); hidden = Where(open, nought, lowest)
      score = Add(s1, hidden)`,
  });
  expect(await reasons(world, groupQueryAttention, text)).toMatch(/paddedRows: free/);
  // Every first column is open in these inputs but in the sequence that sees nothing at all.
  const result = await fused(world, groupQueryAttention, text, { paddedRows: 'free' });
  expect(node(result.model)?.inputs.at(-1)).not.toBe('');
  expect(result.error).toBeGreaterThan(0.01);
});

const misses: Readonly<Record<string, readonly [Pieces, RegExp]>> = {
  'no mask': [{ ...base, mask: 'score = Div(s0, root)' }, /hides everything that comes later/],
  'a mask that hides the past': [
    {
      ...base,
      mask: `i = Unsqueeze(new, rows); j = Unsqueeze(new, columns); seen = GreaterOrEqual(j, i); ${scaled}
      hidden = Where(seen, nought, lowest); score = Add(s1, hidden)`,
    },
    /hides everything that comes later/,
  ],
  'a mask that starts one late': [
    {
      ...base,
      mask: `next = Add(new, one); i = Unsqueeze(next, rows); j = Unsqueeze(new, columns); seen = LessOrEqual(j, i)
      ${scaled}; hidden = Where(seen, nought, lowest); score = Add(s1, hidden)`,
    },
    /hides everything that comes later/,
  ],
  'a causal condition that is only one of two ways': [
    {
      ...base,
      more: `${constants}; mask: bool[B, S]`,
      mask: `${causal}; m1 = Unsqueeze(mask, inner); open = Or(seen, m1)
      hidden = Where(open, nought, lowest); score = Add(s1, hidden)`,
    },
    /hides everything that comes later/,
  ],
  'attention to another sequence': [
    {
      ...base,
      more: `${constants}; other: float32[B, T, 32]; os = Shape(other); on = Gather(os, one); on1 = Unsqueeze(on, f0)`,
      project: 'q1 = MatMul(x, wq); k1 = MatMul(other, ik); v1 = MatMul(other, iv)',
      split: split('on1'),
      mask: 'score = Div(s0, root)',
    },
    /as many new keys/,
  ],
  'heads that are too narrow': [
    {
      more: `rows = int64[3] {0, 1, 3}; columns = int64[3] {0, 1, 2}; eight = int64[4] {0, 0, 8, 4}; shape = Shape(x)
        n = Gather(shape, one); new = Range(zero, n, one)`,
      split: `q2 = Reshape(q1, eight); q = Transpose(q2) {perm: [0, 2, 1, 3]}; k2 = Reshape(k1, eight)
        k = Transpose(k2) {perm: [0, 2, 3, 1]}; v2 = Reshape(v1, eight); v = Transpose(v2) {perm: [0, 2, 1, 3]}`,
      mask: base.mask ?? '',
    },
    /multiple of 8/,
  ],
};
test.each(Object.entries(misses))('a near miss says why: %s', async (_name, [pieces, reason]) => {
  expect(await reasons(await context(), groupQueryAttention, attentionText(pieces))).toMatch(reason);
});

test('fused operators are left alone', () => {
  const text = `q: float32[B, S, 32]; k: float32[B, S, 16]; v: float32[B, S, 16]; l: int32[B]; t: int32[]
    y, nk, nv = com.microsoft.GroupQueryAttention(q, k, v, "", "", l, t) {num_heads: 4, kv_num_heads: 2}
    -> y: float32[B, S, 32]`;
  const options = parseOptions(groupQueryAttention.id, groupQueryAttention.options);
  expect(groupQueryAttention.check(model(text), options)?.reason).toMatch(/fused operators already/);
});
