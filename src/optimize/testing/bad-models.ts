import type { Feeds, Model, Random, Tensor, Value } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { filled, floatValue, idsValue, samples, type Sample } from './models.ts';

/** A model or calibration data that something is wrong or strange with. */
export interface BadInput {
  readonly name: string;
  readonly model: Model;
  /** What the model is asked; null: no runtime here loads it. */
  readonly feeds: readonly Feeds[] | null;
  /** What it is calibrated with; null: nothing is given. */
  readonly calibration: readonly Feeds[] | null;
  /** Whether a technique that looks at the calibration data may end in a coded error. */
  readonly mayFail?: boolean;
  /** Rounding to few bits may lose what such weights say, as the check of every built version finds. */
  readonly rough?: boolean;
  /** The calibration data say nothing at all: what must have them cannot go on. */
  readonly empty?: boolean;
}

type Make = (random: Random) => Feeds;

const rounds = (feeds: Make, label: string, count = 2): Feeds[] =>
  Array.from({ length: count }, (_, round) => feeds(seeded(round, label)));

const bad = (name: string, model: Model, feeds: Make): BadInput => ({
  name,
  model,
  feeds: rounds(feeds, 'inputs'),
  calibration: [...rounds(feeds, 'inputs'), ...rounds(feeds, 'calibration', 6)],
});

/** The values of float32 weights, changed in place by position and size. */
const damaged = (model: Model, change: (values: Float32Array, dims: readonly number[]) => void): Model => {
  const initializers = new Map(
    [...model.graph.initializers].map(([name, one]): [string, Tensor] => {
      if (one.dtype !== 'float32' || one.dims.length === 0) return [name, one];
      const values = toFloat32('float32', readTensorSync(one)).slice();
      change(values, one.dims);
      return [name, tensor('float32', one.dims, values)];
    }),
  );
  return { ...model, graph: { ...model.graph, initializers } };
};

const everyColumn = (values: Float32Array, dims: readonly number[], column: number, value: number): void => {
  const width = dims.at(-1) ?? 1;
  for (let at = column % width; at < values.length; at += width) values[at] = value;
};

const damages: Readonly<Record<string, (values: Float32Array, dims: readonly number[]) => void>> = {
  'one NaN in every weight': (values) => {
    values[values.length >> 1] = Number.NaN;
  },
  'one infinity in every weight': (values) => {
    values[values.length >> 1] = Number.POSITIVE_INFINITY;
  },
  'nothing but zeros': (values) => void values.fill(0),
  'the first half zero, so filters, rows and heads too': (values) => void values.fill(0, 0, values.length >> 1),
  'a zero in each channel’s place': (values, dims) => everyColumn(values, dims, 0, 0),
  'one value for all': (values) => void values.fill(0.25),
  'near the largest float': (values) => {
    for (const [at, value] of values.entries()) values[at] = value * 1e18;
  },
  'below the smallest normal float': (values) => {
    for (const [at, value] of values.entries()) values[at] = value * 1e-41;
  },
  'one value a million times the others': (values) => {
    values[0] = 1e6 * (values[0] || 1);
  },
};

const lstm: Sample = {
  name: 'LSTM and GRU',
  model: filled(`x: float32[S, N, 8]
    w = float32[1, 64, 8] {...}; r = float32[1, 64, 16] {...}; b = float32[1, 128] {...}
    v = float32[1, 24, 16] {...}; q = float32[1, 24, 8] {...}; axes = int64[1] {1}
    a, last, cell = LSTM(x, w, r, b) {hidden_size: 16}; h = Squeeze(a, axes); y, end = GRU(h, v, q) {hidden_size: 8}
    -> y: float32[S, 1, N, 8], cell: float32[1, N, 16]`),
  feeds: (random) => ({ x: floatValue(random, 4, 2, 8) }),
};

const kinds = [
  'mlp with Gemm',
  'mlp with MatMul and Add',
  'small convolution',
  'transformer block',
  'encoder with a padding mask',
  'decoder with grouped heads',
  'written-out normalizations',
  'convolutions with constants behind them',
  'tied weights',
];

/** Every kind of network with every kind of strange weight. */
export const strangeWeights: readonly BadInput[] = [
  ...samples.filter(({ name }) => kinds.includes(name)),
  lstm,
].flatMap(({ name, model, feeds }) =>
  Object.entries(damages).map(([damage, change]): BadInput => ({
    ...bad(`${name}: ${damage}`, damaged(model, change), feeds),
    rough: damage.includes('a million times'),
  })),
);

const rows =
  (...dims: number[]): Make =>
  (random) => ({ x: floatValue(random, ...dims) });
const ids =
  (below: number, ...dims: number[]): Make =>
  (random) => ({ ids: idsValue(random, below, ...dims) });

const texts: Readonly<Record<string, readonly [text: string, feeds: Make]>> = {
  'a table that a Gemm reads the other way round': [
    `ids: int64[N]; table = float32[96, 32] {...}; w = float32[32, 32] {...}
     e = Gather(table, ids); h = MatMul(e, w); y = Gemm(h, table) {transB: 1}; -> y: float32[N, 96]`,
    ids(96, 5),
  ],
  'one weight in two layouts, as a term and as a first operand': [
    `x: float32[N, 32]; w = float32[32, 32] {...}; one = float32[1, 32] {...}
     a = MatMul(x, w); b = Gemm(a, w) {transB: 1}; c = MatMul(one, w); d = Add(b, c); f = ReduceMean(w) {axes: [0]}; e = Add(d, f)
     g = MatMul(w, w); y = MatMul(e, g); -> y: float32[N, 32]`,
    rows(3, 32),
  ],
  'one weight for a product and a lookup of its columns': [
    `x: float32[N, 32]; w = float32[32, 48] {...}; at = int64[2] {3, 5}
     a = MatMul(x, w); g = Gather(w, at) {axis: 1}; h = MatMul(x, g); y = Concat(a, h) {axis: 1}; -> y: float32[N, 50]`,
    rows(3, 32),
  ],
  'one kernel for two convolutions, of which a product reads a reshaping': [
    `x: float32[N, 4, 6, 6]; k = float32[8, 4, 3, 3] {...}; flat = int64[2] {8, 36}; v = float32[36, 4] {...}
     a = Conv(x, k) {pads: [1, 1, 1, 1]}; b = Conv(x, k) {pads: [1, 1, 1, 1], dilations: [1, 1]}; c = Add(a, b); r = Relu(c)
     f = Reshape(k, flat); m = MatMul(f, v); g = GlobalAveragePool(r); g2 = Flatten(g); y = MatMul(g2, m); -> y: float32[N, 4]`,
    rows(2, 4, 6, 6),
  ],
  'one kernel behind two normalizations that share their scale': [
    `x: float32[N, 3, 6, 6]; k = float32[3, 3, 3, 3] {...}; s = float32[3] {1.5, -0.5, 0.0}; b = float32[3] {...}; v = float32[3] {1.0, 2.0, 0.5}
     a = Conv(x, k) {pads: [1, 1, 1, 1]}; n = BatchNormalization(a, s, b, b, v); c = Conv(n, k, b) {pads: [1, 1, 1, 1]}
     y = BatchNormalization(c, s, b, s, v); -> y: float32[N, 3, 6, 6]`,
    rows(2, 3, 6, 6),
  ],
  'one vector as scale, shift and bias of everything': [
    `x: float32[N, S, 32]; z: float32[N, S, 32]; g = float32[32] {...}; w = float32[32, 32] {...}
     s = Add(x, z); n = LayerNormalization(s, g, g) {axis: -1}; h = MatMul(n, w); a = Add(h, g); r = Relu(a); s2 = Add(r, s)
     m = LayerNormalization(s2, g, g) {axis: -1}; o = MatMul(m, w); b = Add(o, g); y = Add(b, s2); -> y: float32[N, S, 32]`,
    (random) => ({ x: floatValue(random, 2, 3, 32), z: floatValue(random, 2, 3, 32) }),
  ],
  'a weight that is an output, and one that callers may replace': [
    `x: float32[N, 32]; v: float32[32, 32]; w = float32[32, 32] {...}; v = float32[32, 32] {...}; b = float32[32] {...}
     a = MatMul(x, w); h = Gemm(a, v, b); y = Identity(h); z = Identity(w); -> y: float32[N, 32], z: float32[32, 32], b: float32[32]`,
    rows(2, 32),
  ],
  'sizes that no block divides': [
    `x: float32[N, 33]; a = float32[33, 17] {...}; b = float32[17, 129] {...}; c = float32[129, 1] {...}; d = float32[1, 5] {...}; e = float32[5, 3] {...}; f = float32[3] {...}
     p = MatMul(x, a); q = Tanh(p); r = MatMul(q, b); s = MatMul(r, c); t = Gemm(s, d); y = Gemm(t, e, f); -> y: float32[N, 3]`,
    rows(4, 33),
  ],
  'a table of uneven width': [
    `ids: int64[N, S]; table = float32[37, 19] {...}; w = float32[19, 23] {...}; e = Gather(table, ids); y = MatMul(e, w); -> y: float32[N, S, 23]`,
    ids(37, 2, 3),
  ],
  'weights without values': [
    `x: float32[N, 8]; a = float32[8, 0] {}; b = float32[0, 8] {}; c = float32[0] {}; n = float32[0, 8] {}; w = float32[8, 8] {...}
     h = Gemm(x, a, c); l = MatMul(x, a); m = Add(h, l); z = MatMul(m, b); j = Concat(x, n) {axis: 0}; k = MatMul(j, w); y = Add(k, z)
     -> y: float32[N, 8], m: float32[N, 0]`,
    rows(2, 8),
  ],
  'a call without rows': [
    `x: float32[N, 32]; a = float32[32, 32] {...}; b = float32[32] {...}; g = float32[32] {...}; w = float32[32, 16] {...}
     h = MatMul(x, a); s = Add(h, b); n = LayerNormalization(s, g, b) {axis: -1}; y = Gemm(n, w); -> y: float32[N, 16]`,
    rows(0, 32),
  ],
  'inputs of unknown rank': [
    `x: float32; a = float32[32, 32] {...}; b = float32[32] {...}; g = float32[32] {...}; two = float32[] {2.0}
     h = MatMul(x, a); s = Add(h, b); r = Relu(s); t = MatMul(r, a); u = Add(t, x); n = LayerNormalization(u, g, b) {axis: -1}
     d = Div(n, two); i = Identity(d); y = MatMul(i, a); -> y: float32`,
    rows(2, 3, 32),
  ],
  'indices of unknown rank': [
    `ids: int64; table = float32[64, 32] {...}; w = float32[32, 32] {...}; e = Gather(table, ids); y = MatMul(e, w); -> y: float32`,
    ids(64, 2, 2, 3),
  ],
  'pictures of unknown rank': [
    `x: float32; k = float32[4, 3, 3, 3] {...}; s = float32[4] {...}; v = float32[4] {1.0, 2.0, 3.0, 4.0}; c = Conv(x, k); n = BatchNormalization(c, s, s, s, v); y = Relu(n); -> y: float32`,
    rows(1, 3, 6, 6),
  ],
  'factors of one dimension, and of three': [
    `x: float32[4, S, 32]; v = float32[32] {...}; w = float32[4, 32, 16] {...}; s = MatMul(x, v); p = MatMul(x, w); q = Softmax(p) {axis: -1}
     -> s: float32[4, S], q: float32[4, S, 16]`,
    rows(4, 3, 32),
  ],
  'products of doubles': [
    `x: float64[N, 8]; w = float64[8, 2] {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8}; h = MatMul(x, w); y = Relu(h); -> y: float64[N, 2]`,
    (random) => ({
      x: { dtype: 'float64', dims: [2, 8], data: Float64Array.from({ length: 16 }, () => random.normal()) },
    }),
  ],
  'biases that spread wide': [
    `x: float32[N, 32]; w = float32[32, 32] {...}; one = float32[] {0.5}; column = float32[2, 1] {0.1, -3.0}; more = float32[3, 1, 32] {...}; wide = float32[1, 1, 1, 32] {...}
     a = Gemm(x, w, one); b = Gemm(a, w, column) {beta: 0.5}; c = MatMul(b, w); d = Add(c, more); e = MatMul(d, w); y = Add(wide, e); -> y: float32`,
    rows(2, 32),
  ],
  'nothing to compute': ['x: float32[N]; w = float32[4, 4] {...}; -> x: float32[N], w: float32[4, 4]', rows(3)],
  'a result that nobody feeds': [
    'x: float32[N]; a = float32[32, 32] {...}; b = float32[32, 32] {...}; y = MatMul(a, b); z = Neg(x); -> y: float32[32, 32], z: float32[N]',
    rows(3),
  ],
  'one name with what others are made of': [
    `x: float32[N, 32]; w = float32[32, 32] {...}; w_quantized = float32[32, 32] {...}; w_scale = float32[32, 32] {...}; w_zero_point = float32[32, 32] {...}
     x_quantized = MatMul(x, w); x_scale = MatMul(x_quantized, w_quantized); x_dequantized = MatMul(x_scale, w_scale); y_quantized = MatMul(x_dequantized, w_zero_point)
     y = Identity(y_quantized); -> y: float32[N, 32], x_quantized: float32[N, 32]`,
    rows(2, 32),
  ],
  'the oldest operators that a runtime loads': [
    `opset 7; x: float32[N, 32]; w = float32[32, 32] {...}; b = float32[32] {...}; h = Gemm(x, w, b); r = Relu(h); d = Dropout(r); y = MatMul(d, w); -> y: float32[N, 32]`,
    rows(32, 32),
  ],
};

/** Graphs that strain what is usually true of one. */
export const strangeGraphs: readonly BadInput[] = Object.entries(texts).map(([name, [text, feeds]]) =>
  name === 'a call without rows'
    ? { ...bad(name, filled(text), feeds), calibration: rounds(rows(3, 32), 'calibration', 8) }
    : bad(name, filled(text), feeds),
);

const closed = (name: string, text: string, feeds: Make): BadInput => ({
  ...bad(name, filled(text), feeds),
  feeds: null,
  mayFail: true,
});

/** Models that no runtime here loads. */
export const unloadable: readonly BadInput[] = [
  closed(
    'an operator of somebody’s own between layers',
    `opset my.lab 1; x: float32[N, 32]; w = float32[32, 32] {...}; b = float32[32] {...}; table = float32[64, 32] {...}; ids: int64[N]
     h = MatMul(x, w); e = Gather(table, ids); f = my.lab.Frob(h, e, w); g = Add(f, b); r = Identity(g); y = MatMul(r, w); -> y: float32[N, 32]`,
    (random) => ({ x: floatValue(random, 2, 32), ids: idsValue(random, 64, 2) }),
  ),
  closed(
    'an operator that ONNX does not know',
    `x: float32[N, 32]; w = float32[32, 32] {...}; h = MatMul(x, w); f = Frobnicate(h); i = Identity(f); y = Gemm(i, w); -> y: float32[N, 32]`,
    rows(2, 32),
  ),
  closed(
    'a sum of floats and integers',
    `x: float32[N, 32]; w = float32[32, 32] {...}; n = int64[32] {...}; h = MatMul(x, w); s = Add(h, n); i = Identity(s); y = MatMul(i, w); -> y: float32[N, 32]`,
    rows(2, 32),
  ),
  closed(
    'a product of sizes that do not fit',
    `x: float32[N, 32]; w = float32[31, 8] {...}; b = float32[7] {...}; h = MatMul(x, w); s = Add(h, b); y = Relu(s); -> y: float32[N, 8]`,
    rows(2, 32),
  ),
  closed(
    'an operator set from the future',
    `opset 99; x: float32[N, 32]; w = float32[32, 32] {...}; h = MatMul(x, w); i = Identity(h); y = MatMul(i, w); -> y: float32[N, 32]`,
    rows(2, 32),
  ),
  closed(
    'operators without their inputs',
    `x: float32[N, 32]; w = float32[32, 32] {...}; h = MatMul(x); s = Add(h, _); g = Gather(w); n = LayerNormalization(s); c = Conv(n); i = Identity(); y = Gemm(c, w); -> y: float32[N, 32]`,
    rows(2, 32),
  ),
];

const filledWith = (feeds: Feeds, value: number): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, one]): [string, Value] => [
      name,
      one.dtype === 'float32' ? { ...one, data: new Float32Array(one.data.length).fill(value) } : one,
    ]),
  );

const withoutRows = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, dims, data }]): [string, Value] => [
      name,
      { dtype, dims: [0, ...dims.slice(1)], data: (data as Float32Array).slice(0, 0) },
    ]),
  );

const oneRow = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, dims, data }]): [string, Value] => [
      name,
      { dtype, dims: [1, ...dims.slice(1)], data: (data as Float32Array).slice(0, data.length / dims[0]!) },
    ]),
  );

const calibrations: Readonly<Record<string, (feeds: readonly Feeds[]) => Partial<BadInput>>> = {
  'no calibration data': () => ({ calibration: null, mayFail: true, empty: true }),
  'calibration data without a batch': () => ({ calibration: [], mayFail: true, empty: true }),
  'calibration batches without rows': (feeds) => ({
    calibration: feeds.map(withoutRows),
    mayFail: true,
    empty: true,
  }),
  'one calibration row': ([first]) => ({ calibration: [oneRow(first!)] }),
  'calibration inputs that are all zero': (feeds) => ({
    calibration: feeds.map((one) => filledWith(one, 0)),
    mayFail: true,
  }),
  'calibration inputs that are all the same, and answers too': (feeds) => {
    const same = feeds.map((one) => filledWith(one, 0.5));
    return { calibration: same, feeds: same };
  },
  'calibration inputs with NaN': (feeds) => ({
    calibration: feeds.map((one) => filledWith(one, Number.NaN)),
    mayFail: true,
  }),
  'calibration inputs by another name': (feeds) => ({
    calibration: feeds.map((one) => ({ other: Object.values(one)[0]! })),
    mayFail: true,
  }),
  'calibration inputs of another size': (feeds) => ({
    calibration: feeds.map((one) =>
      Object.fromEntries(
        Object.entries(one).map(([name, { dtype, data }]): [string, Value] => [
          name,
          { dtype, dims: [data.length], data },
        ]),
      ),
    ),
    mayFail: true,
  }),
};

/** Calibration data that teach little or nothing. */
export const strangeCalibrations: readonly BadInput[] = samples
  .filter(({ name }) => ['mlp with MatMul and Add', 'small convolution', 'encoder with a padding mask'].includes(name))
  .flatMap(({ name, model, feeds }) =>
    Object.entries(calibrations).map(([what, change]): BadInput => {
      const good = bad(`${name}: ${what}`, model, feeds);
      return { ...good, rough: true, ...change(good.calibration!) };
    }),
  );
