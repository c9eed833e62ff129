import type { Feeds, Model, Random, Tensor, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { elementCount, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';

/** A small model and inputs from the domain that it is made for. */
export interface Sample {
  readonly name: string;
  readonly model: Model;
  feeds(random: Random): Feeds;
}

const values = (dtype: string, dims: readonly number[], random: Random): Tensor => {
  const count = elementCount(dims);
  if (dtype === 'int64')
    return tensor(
      'int64',
      dims,
      BigInt64Array.from({ length: count }, () => BigInt(random.integer(8))),
    );
  // Sum of squares 1 per input: activations keep their size from layer to layer.
  const scale = 1 / Math.sqrt(Math.max(1, count / (dims.at(-1) ?? 1)));
  return tensor(
    'float32',
    dims,
    Float32Array.from({ length: count }, () => random.normal() * scale),
  );
};

/** A model from text whose weights `name = float32[2, 3] {...}` are filled by a seed. */
export const filled = (text: string, seed = 1): Model => {
  const tensors: Record<string, Tensor> = {};
  for (const [, name = '', dtype = '', dims = ''] of text.matchAll(/(\w+) = (\w+)\[([\d, ]*)\] \{\.\.\.\}/g))
    tensors[name] = values(dtype, dims === '' ? [] : dims.split(',').map(Number), seeded(seed, name));
  return parseText(text, { tensors });
};

export const floatValue = (random: Random, ...dims: number[]): Value => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, () => random.normal()),
});
export const idsValue = (random: Random, below: number, ...dims: number[]): Value => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from({ length: elementCount(dims) }, () => BigInt(random.integer(below))),
});

const mlpGemm = `
  x: float32[N, 64]
  w1 = float32[128, 64] {...}; b1 = float32[128] {...}; w2 = float32[128, 10] {...}; b2 = float32[10] {...}
  h = Gemm(x, w1, b1) {transB: 1}; r = Relu(h); y = Gemm(r, w2, b2) {alpha: 0.5, beta: 2.0}
  -> y: float32[N, 10]`;

const mlpMatMul = `
  x: float32[N, S, 64]
  w1 = float32[64, 128] {...}; b1 = float32[128] {...}; w2 = float32[128, 32] {...}; b2 = float32[32] {...}
  h = MatMul(x, w1); hb = Add(h, b1); r = Tanh(hb); o = MatMul(r, w2); y = Add(b2, o)
  -> y: float32[N, S, 32]`;

const conv = `
  x: float32[N, 3, 12, 12]
  k1 = float32[8, 3, 3, 3] {...}; c1 = float32[8] {...}; k2 = float32[16, 8, 3, 3] {...}
  w = float32[16, 5] {...}; b = float32[5] {...}
  a = Conv(x, k1, c1) {kernel_shape: [3, 3], pads: [1, 1, 1, 1]}; ar = Relu(a)
  p = MaxPool(ar) {kernel_shape: [2, 2], strides: [2, 2]}
  d = Conv(p, k2) {kernel_shape: [3, 3]}; dr = Relu(d); g = GlobalAveragePool(dr)
  f = Flatten(g); y = Gemm(f, w, b)
  -> y: float32[N, 5]`;

/** An embedding, layer normalization, four heads with shapes computed in the graph as exporters write them, a Gelu of Erf, residuals. */
const transformer = `
  ids: int64[B, S]
  table = float32[120, 64] {...}
  wq = float32[64, 64] {...}; wk = float32[64, 64] {...}; wv = float32[64, 64] {...}; wo = float32[64, 64] {...}
  bq = float32[64] {...}; w1 = float32[64, 128] {...}; b1 = float32[128] {...}; w2 = float32[128, 64] {...}
  gamma = float32[64] {...}; beta = float32[64] {...}
  zero = int64[] {0}; one = int64[] {1}; axis = int64[1] {0}
  heads = int64[2] {4, 16}; merged = int64[1] {64}; scale = float32[] {4.0}
  two = float32[] {1.4142135}; half = float32[] {0.5}; unit = float32[] {1.0}
  x = Gather(table, ids)
  n = LayerNormalization(x, gamma, beta) {axis: -1, epsilon: 0.00001}
  same = Identity(n)
  shape = Shape(same); bs0 = Gather(shape, zero); bs = Unsqueeze(bs0, axis)
  shape2 = Shape(same); ss0 = Gather(shape2, one); ss = Unsqueeze(ss0, axis)
  split = Concat(bs, ss, heads) {axis: 0}; join = Concat(bs, ss, merged) {axis: 0}
  q0 = MatMul(same, wq); q1 = Add(q0, bq); q2 = Reshape(q1, split); q = Transpose(q2) {perm: [0, 2, 1, 3]}
  k0 = MatMul(same, wk); k1 = Reshape(k0, split); k = Transpose(k1) {perm: [0, 2, 3, 1]}
  v0 = MatMul(same, wv); v1 = Reshape(v0, split); v = Transpose(v1) {perm: [0, 2, 1, 3]}
  s0 = MatMul(q, k); s = Div(s0, scale); p = Softmax(s) {axis: -1}; drop = Dropout(p)
  c0 = MatMul(drop, v); c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, join)
  o = MatMul(c, wo); r1 = Add(o, x)
  f0 = MatMul(r1, w1); f1 = Add(f0, b1)
  g0 = Div(f1, two); g1 = Erf(g0); g2 = Add(g1, unit); g3 = Mul(f1, g2); g = Mul(g3, half)
  f2 = MatMul(g, w2); y = Add(f2, r1)
  -> y: float32[B, S, 64]`;

/** Word, position and segment embeddings; four heads with biases and a padding mask as BERT exports have them. */
const encoder = `
  ids: int64[B, S]; mask: int64[B, S]
  words = float32[120, 32] {...}; positions = float32[40, 32] {...}; kinds = float32[2, 32] {...}
  gamma = float32[32] {...}; beta = float32[32] {...}
  wq = float32[32, 32] {...}; wk = float32[32, 32] {...}; wv = float32[32, 32] {...}; wo = float32[32, 32] {...}
  bq = float32[32] {...}; bk = float32[32] {...}; bv = float32[32] {...}
  zero = int64[] {0}; one = int64[] {1}; first = int64[1] {0}; inner = int64[2] {1, 2}
  heads = int64[4] {0, 0, 4, 8}; merged = int64[3] {0, 0, 32}
  unit = float32[] {1.0}; low = float32[] {-10000.0}; root = float32[] {2.828427}
  shape = Shape(ids); length = Gather(shape, one); range = Range(zero, length, one); row = Unsqueeze(range, first)
  e1 = Gather(words, ids); e2 = Gather(positions, row); e3 = Gather(kinds, mask)
  sum1 = Add(e1, e3); sum2 = Add(sum1, e2)
  n = LayerNormalization(sum2, gamma, beta) {axis: -1, epsilon: 0.00001}
  m1 = Unsqueeze(mask, inner); m2 = Cast(m1) {to: 1}; m3 = Sub(unit, m2); hidden = Mul(m3, low)
  q0 = MatMul(n, wq); q1 = Add(q0, bq); q2 = Reshape(q1, heads); q = Transpose(q2) {perm: [0, 2, 1, 3]}
  k0 = MatMul(n, wk); k1 = Add(k0, bk); k2 = Reshape(k1, heads); k = Transpose(k2) {perm: [0, 2, 3, 1]}
  v0 = MatMul(n, wv); v1 = Add(v0, bv); v2 = Reshape(v1, heads); v = Transpose(v2) {perm: [0, 2, 1, 3]}
  s0 = MatMul(q, k); s1 = Div(s0, root); s2 = Add(s1, hidden); p = Softmax(s2) {axis: -1}
  c0 = MatMul(p, v); c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, merged)
  o = MatMul(c, wo); y = Add(o, n)
  -> y: float32[B, S, 32]`;

/** Rotary positions, four heads of queries on two of keys and values, a causal mask, as decoders are exported. */
const decoder = `
  ids: int64[B, S]
  table = float32[96, 32] {...}
  wq = float32[32, 32] {...}; wk = float32[32, 16] {...}; wv = float32[32, 16] {...}; wo = float32[32, 32] {...}
  zero = int64[] {0}; one = int64[] {1}; first = int64[1] {0}; second = int64[1] {1}; third = int64[1] {2}
  four = int64[1] {4}; end = int64[1] {9223372036854775807}; last = int64[1] {3}
  outer = int64[2] {0, 1}; rows = int64[3] {0, 1, 3}; columns = int64[3] {0, 1, 2}
  wide = int64[4] {0, 0, 4, 8}; narrow = int64[4] {0, 0, 2, 8}; merged = int64[3] {0, 0, 32}
  group = int64[2] {2, 2}; width = int64[1] {8}
  speeds = float32[1, 4, 1] {1.0, 0.1, 0.01, 0.001}; scale = float32[] {0.35355338}
  seen = float32[] {0.0}; low = float32[] {-3.4028235e38}
  shape = Shape(ids); length = Gather(shape, one); range = Range(zero, length, one)
  at0 = Unsqueeze(range, outer); at = Cast(at0) {to: 1}; a0 = MatMul(speeds, at); a = Transpose(a0) {perm: [0, 2, 1]}
  angles = Concat(a, a) {axis: -1}; cos0 = Cos(angles); sin0 = Sin(angles)
  cos = Unsqueeze(cos0, second); sin = Unsqueeze(sin0, second)
  i = Unsqueeze(range, rows); j = Unsqueeze(range, columns); past = LessOrEqual(j, i); hidden = Where(past, seen, low)
  x = Gather(table, ids)
  q0 = MatMul(x, wq); q1 = Reshape(q0, wide); q2 = Transpose(q1) {perm: [0, 2, 1, 3]}
  k0 = MatMul(x, wk); k1 = Reshape(k0, narrow); k2 = Transpose(k1) {perm: [0, 2, 1, 3]}
  v0 = MatMul(x, wv); v1 = Reshape(v0, narrow); v2 = Transpose(v1) {perm: [0, 2, 1, 3]}
  qa = Mul(q2, cos); qe = Slice(q2, first, four, last, second); ql = Slice(q2, four, end, last, second); qn = Neg(ql)
  qt = Concat(qn, qe) {axis: -1}; qb = Mul(qt, sin); q = Add(qa, qb)
  ka = Mul(k2, cos); ke = Slice(k2, first, four, last, second); kl = Slice(k2, four, end, last, second); kn = Neg(kl)
  kt = Concat(kn, ke) {axis: -1}; kb = Mul(kt, sin); k3 = Add(ka, kb)
  batch = Slice(shape, first, second); size = Slice(shape, second, third)
  five = Concat(batch, group, size, width) {axis: 0}; all = Concat(batch, four, size, width) {axis: 0}
  k4 = Unsqueeze(k3, third); k5 = Expand(k4, five); k6 = Reshape(k5, all); k = Transpose(k6) {perm: [0, 1, 3, 2]}
  v4 = Unsqueeze(v2, third); v5 = Expand(v4, five); v = Reshape(v5, all)
  s0 = MatMul(q, k); s1 = Mul(s0, scale); s2 = Add(s1, hidden); p = Softmax(s2) {axis: -1}
  c0 = MatMul(p, v); c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, merged)
  o = MatMul(c, wo); y = Add(o, x)
  -> y: float32[B, S, 32]`;

const embedding = `
  ids: int64[N, S]
  table = float32[200, 64] {...}; w = float32[64, 7] {...}; b = float32[7] {...}
  e = Gather(table, ids); m = ReduceMean(e) {axes: [1], keepdims: 0}; h = MatMul(m, w); l = Add(h, b)
  y = Softmax(l) {axis: -1}
  -> y: float32[N, 7], l: float32[N, 7]`;

const branch = `
  flag: bool[]
  x: float32[N, 64]
  w = float32[64, 64] {...}; v = float32[64, 64] {...}
  h = MatMul(x, w); same = Identity(h)
  y = If(flag) {
    then_branch: graph "yes" { t = MatMul(same, v); -> t: float32[N, 64] },
    else_branch: graph "no" {
      u = float32[64, 64] {...}; a = Identity(same); n1 = Neg(u); n2 = Neg(u); m = Add(n1, n2)
      e0 = MatMul(a, m); e = Identity(e0); -> e: float32[N, 64] }
  }
  -> y: float32[N, 64]`;

/** The embedding is the classifier too, one weight is there twice, and one product is computed twice. */
const tied = `
  ids: int64[N, S]
  table = float32[96, 64] {...}; w = float32[64, 64] {...}; copy = float32[64, 64] {...}
  e = Gather(table, ids); a = MatMul(e, w); a2 = MatMul(e, w); c = MatMul(a, copy); d = Add(c, a2)
  t = Transpose(table) {perm: [1, 0]}; y = MatMul(d, t)
  -> y: float32[N, S, 96]`;

/** Shapes that are fixed, so that sizes are constants; a mask that is computed from constants only. */
const fixed = `
  x: float32[2, 8, 64]
  w = float32[64, 64] {...}; start = int64[] {0}; step = int64[] {1}; one = int64[] {1}
  sqrt = float32[] {64.0}; minus = float32[] {-10000.0}; head = int64[1] {-1}
  s = Shape(x); length = Gather(s, one); row = Range(start, length, step)
  zero = Sub(row, row); late = Greater(row, zero); mask0 = Cast(late) {to: 1}; mask = Mul(mask0, minus)
  root = Sqrt(sqrt); h = MatMul(x, w); d = Div(h, root)
  t = Transpose(d) {perm: [0, 2, 1]}; m = Add(t, mask); y = Reshape(m, s)
  -> y: float32[2, 8, 64]`;

const loop = `
  x: float32[2, 16]
  w = float32[16, 16] {...}; n = int64[] {3}; yes = bool[] {1}
  last, all = Loop(n, yes, x) {body: graph "turn" {
    i: int64[]; go: bool[]; before: float32[2, 16]
    on = Identity(go); after0 = MatMul(before, w); after = Tanh(after0); seen = Identity(after)
    -> on: bool[], after: float32[2, 16], seen: float32[2, 16] } }
  -> last: float32[2, 16], all: float32[3, 2, 16]`;

/** What exporters write out: a residual sum with its layer normalization, a root mean square normalization, a projection to
 *  rows, reshapes that follow each other. */
const writtenOut = `
  x: float32[N, S, 16]; z: float32[N, S, 16]
  g = float32[16] {...}; b = float32[16] {...}; w = float32[16, 8] {...}; c = float32[8] {...}; v = float32[16, 16] {...}
  two = float32[] {2.0}; eps = float32[] {0.00001}; rows = int64[2] {-1, 16}; flat = int64[3] {-1, 4, 4}; back = int64[2] {-1, 16}
  s = Add(x, z); m = ReduceMean(s) {axes: [-1]}; d = Sub(s, m); q = Pow(d, two); var = ReduceMean(q) {axes: [-1]}
  ve = Add(var, eps); r = Sqrt(ve); n = Div(d, r); ng = Mul(n, g); ln = Add(ng, b)
  q2 = Mul(ln, ln); ms = ReduceMean(q2) {axes: [-1]}; me = Add(ms, eps); mr = Sqrt(me); i = Reciprocal(mr); ri = Mul(ln, i); rms = Mul(g, ri)
  s2 = Add(rms, s); ln2 = LayerNormalization(s2, g, b) {axis: -1, epsilon: 0.00001}
  r1 = Reshape(ln2, flat); r2 = Reshape(r1, back); vt = Transpose(v) {perm: [1, 0]}; p = MatMul(r2, vt)
  t1 = Transpose(p) {perm: [1, 0]}; t2 = Transpose(t1) {perm: [1, 0]}; h = MatMul(t2, w); y = Add(h, c)
  -> y: float32[R, 8]`;

const normalizedConv = `
  x: float32[N, 3, 8, 8]
  k = float32[6, 3, 3, 3] {...}; kb = float32[6] {...}; k2 = float32[6, 2, 3, 3] {...}
  scale = float32[6] {...}; shift = float32[6] {...}; mean = float32[6] {...}; var = float32[6] {0.5, 1.0, 2.0, 0.1, 3.0, 0.7}
  factor = float32[2, 1, 1] {1.5, -0.5}; term = float32[1, 2, 1, 1] {0.25, 1.0}
  a = Conv(x, k, kb) {pads: [1, 1, 1, 1]}; n = BatchNormalization(a, scale, shift, mean, var) {epsilon: 0.001}; r = Relu(n)
  t = ConvTranspose(r, k2); f = Mul(t, factor); y = Add(f, term)
  -> y: float32[N, 2, 10, 10]`;

/** A layer of which one token is read. */
const firstToken = `
  x: float32[N, S, 16]
  w = float32[16, 24] {...}; b = float32[24] {...}; v = float32[24, 16] {...}; g = float32[16] {...}; z = float32[16] {...}
  c = float32[16, 5] {...}; d = float32[5] {...}; first = int64[] {0}
  h0 = MatMul(x, w); h = Add(h0, b); r = Relu(h); o = MatMul(r, v); s = Add(o, x)
  n = LayerNormalization(s, g, z) {axis: -1, epsilon: 0.00001}; t = Gather(n, first) {axis: 1}; y = Gemm(t, c, d)
  -> y: float32[N, 5]`;

const narrow = (text: string, feeds: (random: Random) => Feeds) => ({ text, feeds });

const texts: Readonly<Record<string, { readonly text: string; feeds(random: Random): Feeds }>> = {
  'mlp with Gemm': narrow(mlpGemm, (random) => ({ x: floatValue(random, 5, 64) })),
  'mlp with MatMul and Add': narrow(mlpMatMul, (random) => ({ x: floatValue(random, 2, 3, 64) })),
  'small convolution': narrow(conv, (random) => ({ x: floatValue(random, 2, 3, 12, 12) })),
  'transformer block': narrow(transformer, (random) => ({ ids: idsValue(random, 120, 2, 6) })),
  'encoder with a padding mask': narrow(encoder, (random) => ({
    ids: idsValue(random, 120, 2, 6),
    mask: idsValue(random, 2, 2, 6),
  })),
  'decoder with grouped heads': narrow(decoder, (random) => ({ ids: idsValue(random, 96, 2, 5) })),
  'embedding and classifier': narrow(embedding, (random) => ({ ids: idsValue(random, 200, 3, 9) })),
  'If with captured values': narrow(branch, (random) => ({
    flag: { dtype: 'bool', dims: [], data: Uint8Array.of(random.integer(2)) },
    x: floatValue(random, 3, 64),
  })),
  'tied weights': narrow(tied, (random) => ({ ids: idsValue(random, 96, 2, 4) })),
  'fixed shapes': narrow(fixed, (random) => ({ x: floatValue(random, 2, 8, 64) })),
  'Loop with a captured weight': narrow(loop, (random) => ({ x: floatValue(random, 2, 16) })),
  'written-out normalizations': narrow(writtenOut, (random) => ({
    x: floatValue(random, 2, 3, 16),
    z: floatValue(random, 2, 3, 16),
  })),
  'one token of a layer': narrow(firstToken, (random) => ({ x: floatValue(random, 2, 3, 16) })),
  'convolutions with constants behind them': narrow(normalizedConv, (random) => ({
    x: floatValue(random, 2, 3, 8, 8),
  })),
  'one Identity': narrow('x: float32[N]; y = Identity(x); -> y: float32[N]', (random) => ({
    x: floatValue(random, 3),
  })),
  'one Relu': narrow('x: float32[N]; y = Relu(x); -> y: float32[N]', (random) => ({ x: floatValue(random, 4) })),
  'nothing but constants': narrow(
    'x: float32[N]; a = float32[2] {1.0, 2.0}; b = Add(a, a); y = Mul(b, a); z = Neg(x); -> y: float32[2], z: float32[N]',
    (random) => ({ x: floatValue(random, 2) }),
  ),
  'dead nodes and an overridable weight': narrow(
    `x: float32[N, 64]; w: float32[64, 64]; w = float32[64, 64] {...}; v = float32[64, 64] {...}
     dead = MatMul(x, v); deader = Relu(dead); i = Identity(w); y = MatMul(x, i); -> y: float32[N, 64]`,
    (random) => ({ x: floatValue(random, 2, 64) }),
  ),
  'two outputs of one value': narrow(
    'x: float32[N]; a = Relu(x); y = Identity(a); z = Identity(a); c = Relu(x); -> y: float32[N], z: float32[N], c: float32[N]',
    (random) => ({ x: floatValue(random, 3) }),
  ),
};

/** Small models of the common kinds and the corner cases, with weights by seed. */
export const samples: readonly Sample[] = Object.entries(texts).map(([name, { text, feeds }]) => {
  const model = filled(text);
  const { initializers } = model.graph;
  const twin = initializers.get('w');
  // The copy holds the same numbers in bytes of its own.
  const doubled =
    name === 'tied weights' && twin?.data.kind === 'inline'
      ? new Map(initializers).set('copy', { ...twin, data: { kind: 'inline', bytes: twin.data.bytes.slice() } })
      : initializers;
  return { name, model: { ...model, graph: { ...model.graph, initializers: doubled } }, feeds };
});
