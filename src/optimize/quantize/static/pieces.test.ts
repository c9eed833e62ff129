import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import type { Feeds, Model } from '../../../contracts/index.ts';
import { encode } from '../../../model/onnx/index.ts';
import { context, input, model, relativeError, run } from '../../testing/quantized.ts';
import { observeInputs } from './observe.ts';
import type { CodedValue } from './plan.ts';
import { quantizeStatic, staticInt8 } from './static.ts';

const tokens = model(
  `ids: int64[B, S]; keep: bool[B, S, 1]; table = float32[40, 16]{...}; g = float32[16]{...}; low = float32[]{-1.0}
   w1 = float32[16, 48]{...}; b1 = float32[48]{...}; w2 = float32[48, 16]{...}; w3 = float32[16, 16]{...}; w4 = float32[16, 8]{...}; b2 = float32[16]{...}; b4 = float32[8]{...}
   e = Gather(table, ids); n = LayerNormalization(e, g, g) {axis: -1}; h = MatMul(n, w1); hb = Add(h, b1); r = Relu(hb); k0 = MatMul(r, w2); k = Add(k0, b2)
   s = Add(k, e); m = Where(keep, s, low); o0 = MatMul(m, w3); o = Add(b2, o0); t = Add(o, e); u = Tanh(t); v = MatMul(u, w4); y = Add(v, b4); -> y: float32[B, S, 8]`,
);
const words = (rows: number, at: number): Feeds => ({
  ids: {
    dtype: 'int64',
    dims: [rows, 5],
    data: BigInt64Array.from({ length: rows * 5 }, (_, i) => BigInt((7 * i + at) % 40)),
  },
  keep: { dtype: 'bool', dims: [rows, 5, 1], data: Uint8Array.from({ length: rows * 5 }, (_, i) => Number(i % 3 > 0)) },
});

const pictures = model(
  `x: float32[N, 3, 8, 8]; k1 = float32[8, 3, 3, 3]{...}; k2 = float32[8, 8, 3, 3]{...}; k3 = float32[8, 8, 3, 3]{...}; w = float32[8, 5]{...}
   a = Conv(x, k1) {pads: [1, 1, 1, 1]}; ar = Relu(a); b = Conv(ar, k2) {pads: [1, 1, 1, 1]}; s = Add(b, ar); c = Conv(s, k3)
   p = GlobalAveragePool(c); f = Flatten(p); y = Gemm(f, w); -> y: float32[N, 5]`,
);

/** Quantized with the weights that are loaded together limited, and how many sessions that took. */
const quantized = async (
  before: Model,
  batches: readonly Feeds[],
  raw: Readonly<Record<string, unknown>>,
  pieceBytes?: number,
) => {
  const world = await context(async function* () {
    yield* batches;
  });
  let opened = 0;
  const counting: typeof world = {
    ...world,
    open: (...given) => {
      opened++;
      return world.open(...given);
    },
  };
  const options = parseOptions(staticInt8.id, staticInt8.options, raw);
  const result = await quantizeStatic(before, options, counting, new Map(), pieceBytes);
  return { ...result, world, opened, bytes: await encode(result.model) };
};

test.each([
  ['minmax', {}],
  ['moving-average', { method: 'moving-average' }],
  ['entropy', { method: 'entropy', form: 'qoperator' }],
  ['best', { method: 'best', attentionProducts: true, perChannel: false }],
])('calibrated in pieces, layers become the same as at once: %s', async (_, raw) => {
  const batches = [3, 1, 4].map(words);
  const whole = await quantized(tokens, batches, raw);
  expect(whole.opened).toBe(1);
  expect(whole.changes.filter(({ what }) => what.startsWith('bias of'))).toHaveLength(4);
  for (const pieceBytes of [1_500, 3_500]) {
    const parts = await quantized(tokens, batches, raw, pieceBytes);
    expect(parts.opened).toBeGreaterThan(2);
    expect(parts.bytes).toEqual(whole.bytes);
    expect(parts.changes).toEqual(whole.changes);
  }
  const [before, after] = [
    await run(whole.world, tokens, batches[0]!),
    await run(whole.world, whole.model, batches[0]!),
  ];
  expect(relativeError(before['y']!, after['y']!)).toBeLessThan(0.1);
});

test('calibrated and corrected in pieces, convolutions become the same as at once', async () => {
  const batches: Feeds[] = [2, 3].map((rows, at) => ({ x: input([rows, 3, 8, 8], `pictures ${at}`) }));
  const whole = await quantized(pictures, batches, {});
  const parts = await quantized(pictures, batches, {}, 2_000);
  // Once for the ranges, once for the biases.
  expect([whole.opened, parts.opened > 4]).toEqual([2, true]);
  expect(parts.bytes).toEqual(whole.bytes);
});

test('ranges and means are told piece by piece, and in the end are the same', async () => {
  const batches = [3, 1, 4].map(words);
  const values = ['n', 'r', 'm', 'u'].map((name): CodedValue => ({
    name,
    like: name,
    positive: name === 'r',
    bound: Number.POSITIVE_INFINITY,
    inner: false,
  }));
  const widths = new Map([...values].map(({ name }) => [name, name === 'r' ? 48 : 16]));
  const learn = async (pieceBytes?: number) => {
    const world = await context(async function* () {
      yield* batches;
    });
    const told: number[] = [];
    const settings = { activationType: 'uint8', method: 'minmax', percentile: 99.99 } as const;
    const name = (value: string): string => value;
    const found = await observeInputs(
      tokens,
      values,
      new Map(),
      name,
      widths,
      settings,
      world,
      ({ ranges }) => void told.push(ranges.size),
      pieceBytes,
    );
    return { ...found, told };
  };
  const whole = await learn();
  const parts = await learn(1_500);
  expect(whole.told).toEqual([4]);
  expect(parts.told.length).toBeGreaterThan(2);
  expect(parts.told).toEqual(parts.told.toSorted((a, b) => a - b));
  expect(parts.told.at(-1)).toBe(4);
  expect(parts.ranges).toEqual(whole.ranges);
  expect(parts.means).toEqual(whole.means);
});
