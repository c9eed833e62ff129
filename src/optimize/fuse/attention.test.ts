import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { attentionText, feedsOf, fused, reasons } from '../testing/attention.ts';
import type { Pieces } from '../testing/attention.ts';
import { context, model } from '../testing/quantized.ts';
import { attention } from './attention.ts';

const padding = 'm1 = Unsqueeze(mask, inner); m2 = Cast(m1) {to: 1}; m3 = Sub(unit, m2);';
const tail = 'score = Add(s1, hidden)';
const scaled = 's1 = Div(s0, root);';
const triangle = (size: number): string =>
  Array.from({ length: size * size }, (_, i) => (i % size <= Math.floor(i / size) ? '1.0' : '0.0')).join(', ');

/** Self-attention whose keys and values come from x: what both operators take. */
const forms: Readonly<Record<string, Pieces>> = {
  'no mask': {},
  'padding as (1 − mask) · −10000': {
    more: 'mask: int64[B, S]',
    mask: `${padding} hidden = Mul(m3, low); ${scaled} ${tail}`,
  },
  'padding as (1 − mask) · lowest, int32': {
    more: 'mask: int32[B, S]',
    mask: `${padding} hidden = Mul(m3, lowest); ${scaled} score = Add(hidden, s1)`,
  },
  'padding of a float mask': {
    more: 'mask: float32[B, 1, 1, S]',
    mask: `m = Abs(mask); m0 = Clip(m, nought, unit); hidden = Mul(m0, low); ${scaled} ${tail}`,
  },
  'scores replaced where a mask says so': {
    more: 'mask: bool[B, S]',
    mask: `m1 = Unsqueeze(mask, inner); m2 = Not(m1); ${scaled} score = Where(m2, lowest, s1)`,
  },
  'scores kept where a mask says so': {
    more: 'mask: bool[B, S]',
    mask: `m1 = Unsqueeze(mask, inner); ${scaled} score = Where(m1, s1, lowest)`,
  },
  'a mask widened to the scores': {
    more: 'mask: bool[B, S]',
    mask: `m1 = Unsqueeze(mask, inner); all = Shape(s0); m2 = Expand(m1, all)
           hidden = Where(m2, nought, lowest); ${scaled} ${tail}`,
  },
  'a causal mask that is computed': {
    more: 'rows = int64[3] {0, 1, 3}; columns = int64[3] {0, 1, 2}',
    mask: `shape = Shape(x); n = Gather(shape, one); range = Range(zero, n, one)
           i = Unsqueeze(range, rows); j = Unsqueeze(range, columns); past = LessOrEqual(j, i)
           hidden = Where(past, nought, lowest); ${scaled} ${tail}`,
  },
  'a causal mask cut from a constant': {
    more: `tril = float32[1, 1, 8, 8] {${triangle(8)}}; start = int64[1] {0}; axis2 = int64[1] {2}; axis3 = int64[1] {3}
           step = int64[1] {1}; first = int64[1] {0}; big = float32[] {10000.0}`,
    mask: `${scaled} shape = Shape(s1); n0 = Gather(shape, three); n = Unsqueeze(n0, first)
           t1 = Slice(tril, start, n, axis2, step); t = Slice(t1, start, n, axis3, step)
           kept = Mul(s1, t); rest = Sub(unit, t); off = Mul(rest, big); score = Sub(kept, off)`,
  },
  'a bias of positions and a mask': {
    more: 'mask: int64[B, S]; bias: float32[1, 4, S, S]',
    mask: `${padding} hidden = Mul(m3, lowest); ${scaled} s2 = Add(s1, bias); score = Add(s2, hidden)`,
  },
  'rows of −∞ that a guard makes zero': {
    more: 'mask: bool[B, S]; minus = float32[] {-inf}',
    mask: `m1 = Unsqueeze(mask, inner); hidden = Where(m1, nought, minus); ${scaled} ${tail}`,
    softmax: 'p0 = Softmax(score) {axis: -1}; bad = IsNaN(p0); p = Where(bad, nought, p0)',
  },
  'a scale on both sides': {
    split: `q2 = Reshape(q1, heads); q3 = Transpose(q2) {perm: [0, 2, 1, 3]}; q = Mul(q3, half)
            k2 = Reshape(k1, heads); k3 = Transpose(k2) {perm: [0, 2, 3, 1]}; k = Mul(half, k3)
            v2 = Reshape(v1, heads); v = Transpose(v2) {perm: [0, 2, 1, 3]}`,
    mask: 'score = Identity(s0)',
  },
  'keys turned as a stack of matrices': {
    more: 'stack = int64[3] {-1, 5, 8}; back = int64[4] {0, 4, 8, -1}',
    split: `shape = Shape(x); n0 = Gather(shape, one); n = Unsqueeze(n0, f0); b0 = Gather(shape, zero); b = Unsqueeze(b0, f0)
            flat = Concat(minus1, n, eight) {axis: 0}; apart = Concat(b, four, eight, n) {axis: 0}
            q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
            k2 = Reshape(k1, heads); k3 = Transpose(k2) {perm: [0, 2, 1, 3]}
            k4 = Reshape(k3, flat); k5 = Transpose(k4) {perm: [0, 2, 1]}; k = Reshape(k5, apart)
            v2 = Reshape(v1, heads); v = Transpose(v2) {perm: [0, 2, 1, 3]}`,
  },
  'one product that is split': {
    more: 'w = float32[32, 96] {...}; b = float32[96] {...}; wide = int64[2] {-1, 32}',
    project: `shape = Shape(x); n0 = Gather(shape, one); n = Unsqueeze(n0, f0); b0 = Gather(shape, zero); bs = Unsqueeze(b0, f0)
              all = Concat(bs, n, ninety) {axis: 0}; rows = Reshape(x, wide); g = Gemm(rows, w, b); g1 = Reshape(g, all)
              q1, k1, v1 = Split(g1) {axis: 2}`,
  },
  'no biases': {
    project: 'q1 = MatMul(x, wq); k1 = MatMul(x, wk); v1 = MatMul(x, wv)',
  },
  'heads that stay apart behind it': {
    join: 'y = Transpose(c0) {perm: [0, 2, 1, 3]}',
    outputs: '-> y: float32[B, S, 4, 8]',
  },
  'rows in front of batches behind it': {
    more: 'long = int64[2] {-1, 32}',
    join: 'c1 = Transpose(c0) {perm: [2, 0, 1, 3]}; y = Reshape(c1, long)',
    outputs: '-> y: float32[R, 32]',
  },
  'a product that ONNX Runtime has scaled': {
    split: `q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
            k2 = Reshape(k1, heads); k = Transpose(k2) {perm: [0, 2, 1, 3]}
            v2 = Reshape(v1, heads); v = Transpose(v2) {perm: [0, 2, 1, 3]}
            score = com.microsoft.FusedMatMul(q, k) {alpha: 0.25, transB: 1}`,
    mask: '',
  },
  'Dropout of inference and shapes asked on the way': {
    softmax: 'p0 = Softmax(score) {axis: -1}; p = Dropout(p0)',
    join: `c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; ask = Shape(c1); b0 = Gather(ask, zero); bs = Unsqueeze(b0, f0)
           n0 = Gather(ask, one); n = Unsqueeze(n0, f0); all = Concat(bs, n, minus1) {axis: 0}; y = Reshape(c1, all)`,
  },
};
const constants = `f0 = int64[1] {0}; minus1 = int64[1] {-1}; eight = int64[1] {8}; four = int64[1] {4}; ninety = int64[1] {96}
  three = int64[] {3};`;
const textOf = (pieces: Pieces): string => attentionText({ ...pieces, more: `${constants} ${pieces.more ?? ''}` });

describe.each([
  ['multi-head-attention', 'MultiHeadAttention'],
  ['attention', 'Attention'],
])('operator: %s', (operator, op) => {
  test.each(Object.entries(forms))('%s', async (_name, pieces) => {
    const result = await fused(await context(), attention, textOf(pieces), { operator });
    expect(result.skipped).toEqual([]);
    expect(result.ops).toContain(op);
    expect(result.ops).not.toContain('Softmax');
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });
});

test('products keep their weights, biases go into the operator', async () => {
  const result = await fused(await context(), attention, attentionText());
  expect(result.ops).toEqual(['MatMul', 'MatMul', 'MatMul', 'MultiHeadAttention']);
  const node = result.model.graph.nodes.at(-1);
  expect(node?.inputs.slice(0, 3)).toEqual(['q0', 'k0', 'v0']);
  expect(result.model.graph.initializers.get(node?.inputs[3] ?? '')?.dims).toEqual([96]);
});

test('packed weights stand side by side', async () => {
  const result = await fused(await context(), attention, attentionText(), { operator: 'attention' });
  expect(result.ops).toEqual(['Attention']);
  const [input = '', weight = '', bias = ''] = result.model.graph.nodes[0]?.inputs ?? [];
  expect(input).toBe('x');
  expect(result.model.graph.initializers.get(weight)?.dims).toEqual([32, 96]);
  expect(result.model.graph.initializers.get(bias)?.dims).toEqual([96]);
});

test('attention to another sequence', async () => {
  const cross = attentionText({
    more: 'other: float32[B, T, 32]',
    project:
      'q0 = MatMul(x, wq); q1 = Add(q0, bq); k0 = MatMul(other, wk); k1 = Add(k0, bk); v0 = MatMul(other, wv); v1 = Add(v0, bv)',
  });
  const result = await fused(await context(), attention, cross);
  expect(result.ops).toContain('MultiHeadAttention');
  expect(result.error).toBeLessThanOrEqual(1e-5);
  expect(await reasons(await context(), attention, cross, { operator: 'attention' })).toMatch(/different values/);
});

const withPast: Pieces = {
  more: 'pk: float32[B, 4, P, 8]; pv: float32[B, 4, P, 8]; mask: int64[B, A]',
  split: `q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
          k2 = Reshape(k1, heads); k3 = Transpose(k2) {perm: [0, 2, 1, 3]}; nk = Concat(pk, k3) {axis: -2}
          k = Transpose(nk) {perm: [0, 1, 3, 2]}
          v2 = Reshape(v1, heads); v3 = Transpose(v2) {perm: [0, 2, 1, 3]}; v = Concat(pv, v3) {axis: 2}`,
  mask: `${padding} hidden = Mul(m3, low); ${scaled} ${tail}`,
  outputs: '-> y: float32[B, S, 32], nk: float32[B, 4, A, 8], v: float32[B, 4, A, 8]',
};

test('a past is joined by the operator, and what it keeps has the old names', async () => {
  const result = await fused(await context(), attention, attentionText(withPast));
  expect(result.ops).not.toContain('Softmax');
  expect(result.ops.filter((op) => op === 'Concat')).toHaveLength(1);
  expect(result.model.graph.nodes.find(({ op }) => op === 'MultiHeadAttention')?.outputs).toEqual(['y', 'nk', 'v']);
  expect(result.error).toBeLessThanOrEqual(1e-5);
});

const misses: Readonly<Record<string, readonly [Pieces, RegExp]>> = {
  'weights of attention that are an output': [
    { outputs: '-> y: float32[B, S, 32], p: float32[B, 4, S, S]' },
    /^p: .*used elsewhere/,
  ],
  'scores that are an output': [
    { outputs: '-> y: float32[B, S, 32], s0: float32[B, 4, S, S]' },
    /scores \(s0\) are used elsewhere/,
  ],
  'a mask under the scale': [
    { more: 'mask: float32[B, 1, S, S]', mask: 's1 = Add(s0, mask); score = Div(s1, root)' },
    /scaled together/,
  ],
  'a scale that is computed': [
    { more: 'by: float32[B, 1, 1, 1]', mask: 's1 = Div(s0, root); score = Mul(s1, by)' },
    /multiplied by something that is computed/,
  ],
  'masked scores that are not low enough': [
    { more: 'mask: bool[B, 1, 1, S]', mask: 's1 = Div(s0, root); score = Where(mask, s1, low)' },
    /become -10000/,
  ],
  'two masks that round': [
    {
      more: 'mask: int64[B, S]; bias: float32[1, 4, S, S]',
      mask: `${padding} hidden = Mul(m3, low); ${scaled} s2 = Add(s1, bias); score = Add(s2, hidden)`,
    },
    /two values are added/,
  ],
  'Dropout in training': [
    {
      more: 'yes = bool[] {1}; ratio = float32[] {0.5}',
      softmax: 'p0 = Softmax(score) {axis: -1}; p = Dropout(p0, ratio, yes)',
    },
    /training mode/,
  ],
  'Softmax along another axis': [{ softmax: 'p = Softmax(score) {axis: 1}' }, /axis 1/],
  'heads joined in another order': [
    { join: 'c1 = Transpose(c0) {perm: [1, 0, 2, 3]}; y = Identity(c1)', outputs: '-> y: float32[S, B, 4, 8]' },
    /not joined/,
  ],
  'a mask of another batch': [
    { more: 'mask: float32[M, 1, S, S]', mask: 's1 = Div(s0, root); score = Add(s1, mask)' },
    /one a batch/,
  ],
  'a number of heads that the caller chooses': [
    {
      more: 'heads2: int64[4]',
      split: `q2 = Reshape(q1, heads2); q = Transpose(q2) {perm: [0, 2, 1, 3]}
     k2 = Reshape(k1, heads2); k = Transpose(k2) {perm: [0, 2, 3, 1]}
     v2 = Reshape(v1, heads2); v = Transpose(v2) {perm: [0, 2, 1, 3]}`,
    },
    /not certain/,
  ],
  'something unknown taken off the scores': [
    { more: 'm: float32[B, 1, S, S]', mask: 's1 = Div(s0, root); score = Sub(s1, m)' },
    /no mask of a known form/,
  ],
};
test.each(Object.entries(misses))('a near miss says why: %s', async (_name, [pieces, reason]) => {
  const world = await context();
  const subject = model(attentionText(pieces));
  const result = await attention.apply(subject, parseOptions(attention.id, attention.options), world);
  expect(result.changes).toEqual([]);
  expect(result.model).toBe(subject);
  expect(result.skipped.map((one) => `${one.nodes.join()}: ${one.reason}`).join()).toMatch(reason);
});

test('attention in the body of an If, with weights and sizes from around it', async () => {
  const text = `flag: bool[]; x: float32[B, S, 32]; w = float32[32, 32] {...}; heads = int64[4] {0, 0, 4, 8}
    merged = int64[3] {0, 0, 32}; root = float32[] {2.828427}; a = MatMul(x, w)
    y = If(flag) {
      then_branch: graph "yes" {
        q1 = Reshape(a, heads); q = Transpose(q1) {perm: [0, 2, 1, 3]}; k = Transpose(q1) {perm: [0, 2, 3, 1]}
        s = MatMul(q, k); d = Div(s, root); p = Softmax(d) {axis: -1}; c = MatMul(p, q)
        t = Transpose(c) {perm: [0, 2, 1, 3]}; o = Reshape(t, merged); -> o: float32[B, S, 32] },
      else_branch: graph "no" { n = Neg(a); -> n: float32[B, S, 32] }
    }
    -> y: float32[B, S, 32]`;
  const result = await fused(await context(), attention, text);
  expect(result.changes).toHaveLength(1);
  expect(result.error).toBeLessThanOrEqual(1e-5);
});

test.each([
  [
    'a weight that callers may override',
    { more: 'scale2: float32[]; scale2 = float32[] {0.3}', mask: 'score = Mul(s0, scale2)' },
  ],
  ['a scale that is not a number', { more: 'odd = float32[] {nan}', mask: 'score = Mul(s0, odd)' }],
  [
    'a size of zero',
    {
      more: 'none = int64[4] {0, 0, 0, 8}',
      split: `q2 = Reshape(q1, none) {allowzero: 1}; q = Transpose(q2) {perm: [0, 2, 1, 3]}
     k2 = Reshape(k1, none) {allowzero: 1}; k = Transpose(k2) {perm: [0, 2, 3, 1]}
     v2 = Reshape(v1, none) {allowzero: 1}; v = Transpose(v2) {perm: [0, 2, 1, 3]}`,
    },
  ],
])('hostile: %s ends in a reason', async (_name, pieces) => {
  const subject = model(attentionText(pieces));
  const result = await attention.apply(subject, parseOptions(attention.id, attention.options), await context());
  expect(result.model).toBe(subject);
  expect(result.skipped[0]?.reason).toMatch(/\w+ \w+/);
});

test('cancels', async () => {
  const world = await context(null, AbortSignal.abort());
  const options = parseOptions(attention.id, attention.options);
  await expect(attention.apply(model(attentionText()), options, world)).rejects.toThrow('stopped');
});

test('a Softmax that is no attention is passed by in silence', async () => {
  const text =
    'x: float32[N, 8]; w = float32[8, 8] {...}; a = MatMul(x, w); p = Softmax(a) {axis: -1}; y = MatMul(p, w); -> y: float32[N, 8]';
  expect(await reasons(await context(), attention, text)).toMatch(/no Softmax stands between two products/);
});

test('fused operators are left alone, and it says so', async () => {
  const text = `x: float32[B, S, 32]; w = float32[32, 96] {...}; b = float32[96] {...}
    y = com.microsoft.Attention(x, w, b) {num_heads: 4}; -> y: float32[B, S, 32]`;
  const options = parseOptions(attention.id, attention.options);
  expect(attention.check(model(text), options)?.reason).toMatch(/fused operators already/);
  expect(attention.check(model('x: float32[2]; y = Relu(x); -> y: float32[2]'), options)?.reason).toMatch(/no Softmax/);
});

test('the feeds of these tests hold a sequence that sees nothing', () => {
  const feeds = feedsOf(model(attentionText({ more: 'mask: int64[B, S]' })));
  expect(feeds.some(({ mask }) => [...(mask?.data ?? [])].every((one) => one === 0n))).toBe(true);
});
