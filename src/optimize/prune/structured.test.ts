import { describe, expect, test } from 'vitest';
import { parseOptions, type Context, type Feeds, type Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { compareOutputs } from '../testing/compare.ts';
import { context, model, normal } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { structured } from './structured.ts';

const apply = (subject: Model, raw: Readonly<Record<string, unknown>>, world: Context) =>
  structured.apply(
    subject,
    parseOptions(structured.id, structured.options, { heads: 1, neurons: 1, width: 1, channels: 1, ...raw }),
    world,
  );

const refused = (subject: Model, raw: Readonly<Record<string, unknown>>): string =>
  structured.check(subject, parseOptions(structured.id, structured.options, raw))?.reason ?? '';

const errorOf = async (a: Model, b: Model, world: Context, feeds: readonly Feeds[]): Promise<number> => {
  const [one, two] = [await world.open(a), await world.open(b)];
  try {
    const [before, after] = [[], []] as Awaited<ReturnType<typeof one.run>>[][];
    for (const feed of feeds) {
      before!.push(await one.run(feed));
      after!.push(await two.run(feed));
    }
    return compareOutputs(before!, after!).relativeError;
  } finally {
    await one.close();
    await two.close();
  }
};

describe('a ReLU layer of 512 neurons on correlated inputs, half of them kept', async () => {
  const [inner, outer, rows] = [128, 512, 1024];
  const random = seeded(5, 'correlated');
  const sources = Float32Array.from({ length: 32 * inner }, () => random.normal() / 6);
  const inputs = Array.from({ length: rows / 256 }, (): Feeds => {
    const data = new Float32Array(256 * inner);
    for (let row = 0; row < 256; row++) {
      for (let s = 0; s < 32; s++) {
        const z = random.normal();
        for (let c = 0; c < inner; c++) data[row * inner + c]! += z * sources[s * inner + c]!;
      }
      for (let c = 0; c < inner; c++) data[row * inner + c]! += 0.1 * random.normal();
    }
    return { x: { dtype: 'float32', dims: [256, inner], data } };
  });
  const subject = model(`x: float32[N, ${inner}]
    w1 = float32[${inner}, ${outer}] {...}; b1 = float32[${outer}] {...}; w2 = float32[${outer}, ${inner}] {...}
    h = MatMul(x, w1); b = Add(h, b1); r = Relu(b); y = MatMul(r, w2)
    -> y: float32[N, ${inner}]`);
  const found = async (raw: Readonly<Record<string, unknown>>): Promise<number> => {
    const world = await context(async function* calibration() {
      yield* inputs;
    });
    const { model: after, changes } = await apply(subject, { neurons: 0.5, ...raw }, world);
    expect(changes[0]?.what).toContain('256 of 512 neurons kept');
    return errorOf(subject, after, world, inputs.slice(0, 4));
  };

  test('scores beat chance, and least squares takes more than half of the error away', async () => {
    const [chance, score, repaired] = [
      await found({ score: 'random', repair: false }),
      await found({ repair: false }),
      await found({}),
    ];
    expect(chance).toBeGreaterThan(score);
    expect(score).toBeGreaterThan(0.4);
    expect(repaired).toBeLessThan(0.5 * score);
  });
});

const architecture = { layers: 2, width: 32, heads: 4, ffn: 64, vocabulary: 50, positions: 12, labels: 3 };
const strong = new Map(
  [...initialWeights(architecture, seeded(1, 'structured'))].map(([name, one]) => [
    name,
    one.dims.length === 2 && one.data.kind === 'inline'
      ? tensor(
          'float32',
          one.dims,
          toFloat32('float32', one.data.bytes).map((value) => 8 * value),
        )
      : one,
  ]),
);
const encoder = encoderModel(architecture, strong);
const tokens = (label: string): Feeds => {
  const random = seeded(1, label);
  const dims = [8, 9];
  const make = (value: () => number): BigInt64Array => BigInt64Array.from({ length: 72 }, () => BigInt(value()));
  return {
    input_ids: { dtype: 'int64', dims, data: make(() => random.integer(50)) },
    attention_mask: { dtype: 'int64', dims, data: make(() => 1) },
    token_type_ids: { dtype: 'int64', dims, data: make(() => 0) },
  };
};
const calibrated = (): Promise<Context> =>
  context(async function* calibration() {
    for (let i = 0; i < 12; i++) yield tokens(`calibration ${i}`);
  });
const held = [1, 2, 3].map((i) => tokens(`held out ${i}`));

describe('an encoder', () => {
  test('heads and neurons: smaller, valid, and nearer to the original with the repair', async () => {
    const world = await calibrated();
    const half = { heads: 0.5, neurons: 0.5 };
    const plain = await apply(encoder, { ...half, repair: false }, world);
    const repaired = await apply(encoder, half, world);
    expect(checkModel(repaired.model)).toEqual([]);
    expect(repaired.changes).toHaveLength(4);
    expect(repaired.changes[0]?.what).toMatch(/2 of 4 heads kept; error of what reads them .* % to .* %/);
    expect(repaired.skipped).toEqual([]);
    const dims = (name: string) => repaired.model.graph.initializers.get(`bert.encoder.layer.1.${name}`)?.dims;
    expect([dims('attention.self.query.weight'), dims('attention.output.dense.weight')]).toEqual([
      [32, 16],
      [16, 32],
    ]);
    expect([dims('intermediate.dense.weight'), dims('output.dense.weight')]).toEqual([
      [32, 32],
      [32, 32],
    ]);
    const [before, after] = [
      await errorOf(encoder, plain.model, world, held),
      await errorOf(encoder, repaired.model, world, held),
    ];
    expect(after).toBeLessThan(0.6 * before);
  });

  test('width: tables, normalizations and every layer shrink, and fitting makes up for it', async () => {
    const world = await calibrated();
    const plain = await apply(encoder, { width: 0.5, repair: false }, world);
    const fitted = await apply(encoder, { width: 0.5 }, world);
    const { initializers } = fitted.model.graph;
    for (const [name, dims] of [
      ['bert.embeddings.word_embeddings.weight', [50, 16]],
      ['bert.embeddings.LayerNorm.weight', [16]],
      ['bert.encoder.layer.0.attention.self.key.weight', [16, 32]],
      ['bert.encoder.layer.0.attention.output.dense.weight', [32, 16]],
      ['bert.encoder.layer.1.output.dense.bias', [16]],
      ['bert.pooler.dense.weight', [32, 16]],
      ['classifier.weight', [3, 32]],
    ] as const)
      expect(initializers.get(name)?.dims, name).toEqual(dims);
    expect(fitted.changes[0]?.what).toMatch(/16 of 32 channels of the hidden width kept; 13 layers fitted anew/);
    const [before, after] = [
      await errorOf(encoder, plain.model, world, held),
      await errorOf(encoder, fitted.model, world, held),
    ];
    expect(after).toBeLessThan(0.7 * before);
  });

  test('without calibration data: by weights, without a repair, and it says so', async () => {
    const { changes, skipped } = await apply(encoder, { heads: 0.5 }, await context());
    expect(changes.map(({ what }) => what)).toEqual(['2 of 4 heads kept', '2 of 4 heads kept']);
    expect(skipped[0]?.reason).toContain('no calibration data: units are scored by the size of their weights');
  });

  test('excluded layers keep theirs', async () => {
    const { changes, skipped } = await apply(
      encoder,
      { heads: 0.5, neurons: 0.5, score: 'magnitude', exclude: ['*layer.0*'] },
      await context(),
    );
    expect(changes).toHaveLength(2);
    expect(changes.flatMap(({ nodes }) => nodes).join()).not.toContain('layer.0');
    expect(skipped.filter(({ reason }) => reason.includes('exclude'))).toHaveLength(2);
  });

  test('cancels', async () => {
    const world = await context(null, AbortSignal.abort());
    await expect(apply(encoder, { heads: 0.5 }, world)).rejects.toThrow('stopped');
  });
});

describe('refusals and strange models', () => {
  test('nothing or everything to cut', () => {
    expect(refused(encoder, { heads: 1, neurons: 1, width: 1, channels: 1 })).toContain('everything is to be kept');
    expect(refused(encoder, { steps: 4, recoverMinutes: 0.1 })).toContain('0.1 minutes in 4 steps are less than 0.05');
    expect(refused(encoder, { heads: 0 })).toContain('keeping none of the heads');
    expect(refused(model('x: float32[N, 4]; y = Relu(x)'), {})).toContain('no linear layer');
  });

  test('the smallest share keeps a head and eight neurons', async () => {
    const { changes } = await apply(encoder, { heads: 0.01, neurons: 0.01, score: 'magnitude' }, await context());
    expect(changes.map(({ what }) => what)).toEqual([
      ...Array(2).fill('1 of 4 heads kept'),
      ...Array(2).fill('8 of 64 neurons kept'),
    ]);
  });

  test('NaN in a weight: cut, not repaired, and it says so', async () => {
    const weights = new Map(encoder.graph.initializers);
    const name = 'bert.encoder.layer.0.output.dense.weight';
    weights.set(name, tensor('float32', [64, 32], new Float32Array(64 * 32).fill(Number.NaN)));
    const broken = { ...encoder, graph: { ...encoder.graph, initializers: weights } };
    const { changes, skipped } = await apply(broken, { neurons: 0.5 }, await calibrated());
    expect(changes.map(({ what }) => what.split(';')[0])).toEqual(Array(2).fill('32 of 64 neurons kept'));
    expect(skipped.map(({ reason }) => reason).join()).toContain('not all finite');
  });

  test('a classifier that is tied to the embedding shrinks with it', async () => {
    const subject = model(
      `ids: int64[N, S]
      table = float32[20, 16] {...}; w = float32[16, 16] {...}; wo = float32[16, 16] {...}; g = float32[16] {...}
      w1 = float32[16, 24] {...}; w2 = float32[24, 16] {...}; heads = int64[4] {0, 0, 2, 8}; flat = int64[3] {0, 0, 16}
      x = Gather(table, ids)
      q0 = MatMul(x, w); q1 = Reshape(q0, heads); q = Transpose(q1) {perm: [0, 2, 1, 3]}; k = Transpose(q1) {perm: [0, 2, 3, 1]}
      s = MatMul(q, k); p = Softmax(s) {axis: -1}; c0 = MatMul(p, q); c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c = Reshape(c1, flat)
      o = MatMul(c, wo); r0 = Add(o, x); r = LayerNormalization(r0, g, g) {axis: -1}
      u = MatMul(r, w1); a = Relu(u); d = MatMul(a, w2); e0 = Add(d, r); e = LayerNormalization(e0, g, g) {axis: -1}
      t = Transpose(table) {perm: [1, 0]}; y = MatMul(e, t)
      -> y: float32[N, S, 20]`,
      { table: normal([20, 16], 'table') },
    );
    const { model: after, changes } = await apply(subject, { width: 0.5, score: 'magnitude' }, await context());
    expect(changes).toHaveLength(1);
    expect(after.graph.initializers.get('table')?.dims).toEqual([20, 8]);
    expect([...after.graph.initializers.values()].filter(({ dims }) => dims[0] === 20)).toHaveLength(1);
    expect(checkModel(after)).toEqual([]);
  });
});

describe('convolutions', () => {
  test('channels are repaired with the patches that the next convolution sees', async () => {
    const subject = model(`x: float32[N, 3, 8, 8]
      k1 = float32[32, 3, 3, 3] {...}; c1 = float32[32] {...}; k2 = float32[16, 32, 3, 3] {...}; c2 = float32[16] {...}; w = float32[64, 5] {...}
      a = Conv(x, k1, c1) {pads: [1, 1, 1, 1]}; r = Relu(a); b = Conv(r, k2, c2) {strides: [2, 2]}; s = Relu(b); p = MaxPool(s) {kernel_shape: [2, 2]}; f = Flatten(p); y = MatMul(f, w)
      -> y: float32[N, 5]`);
    const images = (label: string): Feeds => {
      const random = seeded(2, label);
      const data = new Float32Array(4 * 192);
      // Smooth images: neighbours are alike, as in photographs.
      for (let i = 0; i < data.length; i++) data[i] = 0.8 * (data[i - 1] ?? 0) + random.normal();
      return { x: { dtype: 'float32', dims: [4, 3, 8, 8], data } };
    };
    const world = await context(async function* calibration() {
      for (let i = 0; i < 24; i++) yield images(`calibration ${i}`);
    });
    const test = [images('held out 1'), images('held out 2')];
    const plain = await apply(subject, { channels: 0.5, repair: false }, world);
    const repaired = await apply(subject, { channels: 0.5 }, world);
    expect(repaired.model.graph.initializers.get('k2')?.dims).toEqual([8, 16, 3, 3]);
    expect(repaired.changes.map(({ what }) => what.split(';')[0])).toEqual([
      '16 of 32 channels kept',
      '8 of 16 channels kept',
    ]);
    const [before, after] = [
      await errorOf(subject, plain.model, world, test),
      await errorOf(subject, repaired.model, world, test),
    ];
    expect(after).toBeLessThan(0.8 * before);
  });
});
