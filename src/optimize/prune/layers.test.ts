import { describe, expect, test } from 'vitest';
import { parseOptions, type Context, type Feeds, type Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import { compareOutputs } from '../testing/compare.ts';
import { context, model } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { layers } from './layers.ts';

const architecture = { layers: 4, width: 16, heads: 2, ffn: 24, vocabulary: 50, positions: 12, labels: 3 };

/** Weights of block 2 are small: it changes little beyond its normalizations' scales and shifts. */
const subject = ((): Model => {
  const random = seeded(3, 'norms');
  return encoderModel(
    architecture,
    new Map(
      [...initialWeights(architecture, seeded(1, 'layers'))].map(([name, one]) => {
        if (one.data.kind !== 'inline') return [name, one];
        const values = toFloat32('float32', one.data.bytes);
        if (one.dims.length === 2)
          return [
            name,
            tensor(
              'float32',
              one.dims,
              values.map((value) => value * (name.includes('layer.2') ? 0.1 : 10)),
            ),
          ];
        return name.includes('layer.2.output.LayerNorm')
          ? [
              name,
              tensor(
                'float32',
                one.dims,
                values.map((value) => value + 0.3 * random.normal()),
              ),
            ]
          : [name, one];
      }),
    ),
  );
})();

const tokens = (label: string): Feeds => {
  const random = seeded(1, label);
  const make = (value: () => number): BigInt64Array => BigInt64Array.from({ length: 72 }, () => BigInt(value()));
  const dims = [8, 9];
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
const apply = (one: Model, raw: Readonly<Record<string, unknown>>, world: Context) =>
  layers.apply(one, parseOptions(layers.id, layers.options, raw), world);
const errorOf = async (other: Model, world: Context): Promise<number> => {
  const [a, b] = [await world.open(subject), await world.open(other)];
  try {
    const feeds = tokens('held out');
    return compareOutputs([await a.run(feeds)], [await b.run(feeds)]).relativeError;
  } finally {
    await a.close();
    await b.close();
  }
};

describe('an encoder of four blocks', () => {
  test('drops the block that does least, and its mean scale and shift stay in the normalization before it', async () => {
    const world = await calibrated();
    const plain = await apply(subject, { repair: 'none' }, world);
    const folded = await apply(subject, { repair: 'fold' }, world);
    expect(plain.changes).toMatchObject([{ what: expect.stringMatching(/^block 3 of 4 dropped, 1 − cosine 0\.\d+$/) }]);
    expect(folded.changes[0]?.what).toContain('its mean scale and shift folded');
    const anatomy = anatomyOf(folded.model);
    expect('blocks' in anatomy && anatomy.blocks.length).toBe(3);
    expect(checkModel(folded.model)).toEqual([]);
    expect([...folded.model.graph.initializers.keys()].some((name) => name.includes('layer.2'))).toBe(false);
    expect([...folded.model.graph.initializers.keys()]).toContain('bert.encoder.layer.1.output.LayerNorm.weight');
    const [before, after] = [await errorOf(plain.model, world), await errorOf(folded.model, world)];
    expect(after).toBeLessThan(0.6 * before);
  });

  test('layers behind a dropped block are fitted to what they made before', async () => {
    const world = await calibrated();
    const drop = { exclude: ['*layer.0*', '*layer.2*', '*layer.3*'] };
    const plain = await apply(subject, { ...drop, repair: 'none' }, world);
    const fitted = await apply(subject, drop, world);
    expect(fitted.changes[0]?.what).toContain('block 2 of 4 dropped');
    expect(fitted.changes.slice(1).every(({ what }) => what.startsWith('fitted to what it made before'))).toBe(true);
    expect(fitted.changes.flatMap(({ nodes }) => nodes).join()).not.toContain('layer.0');
    const [before, after] = [await errorOf(plain.model, world), await errorOf(fitted.model, world)];
    expect(after).toBeLessThan(0.8 * before);
  });

  test('several at once, excluded ones stay, one always remains', async () => {
    const world = await calibrated();
    const {
      changes,
      skipped,
      model: after,
    } = await apply(subject, { keep: 0.01, repair: 'none', exclude: ['*layer.2/*', '*layer.2*'] }, world);
    expect(skipped.map(({ reason }) => reason)).toContain('excluded by the exclude option');
    expect(changes).toHaveLength(3);
    const anatomy = anatomyOf(after);
    expect('blocks' in anatomy && anatomy.blocks[0]?.feedForward.up.weightName).toBe(
      'bert.encoder.layer.2.intermediate.dense.weight',
    );
    expect(checkModel(after)).toEqual([]);
  });
});

test('before normalization only the shift is folded, into the bias of the layer before', async () => {
  const block = (i: number, from: string, to: string): string => `
    h${i} = LayerNormalization(${from}, g, g) {axis: -1}
    q${i} = MatMul(h${i}, w); r${i} = Reshape(q${i}, heads); a${i} = Transpose(r${i}) {perm: [0, 2, 1, 3]}; k${i} = Transpose(r${i}) {perm: [0, 2, 3, 1]}
    s${i} = MatMul(a${i}, k${i}); p${i} = Softmax(s${i}) {axis: -1}; c${i} = MatMul(p${i}, a${i}); t${i} = Transpose(c${i}) {perm: [0, 2, 1, 3]}; m${i} = Reshape(t${i}, flat)
    o${i} = MatMul(m${i}, wo); x${i} = Add(${from}, o${i}); n${i} = LayerNormalization(x${i}, g, g) {axis: -1}
    u${i} = MatMul(n${i}, w1); v${i} = Relu(u${i}); d${i} = MatMul(v${i}, w2); e${i} = Add(d${i}, b${i}); ${to} = Add(x${i}, e${i})`;
  const decoder = model(`x: float32[B, S, 8]
    g = float32[8] {...}; w = float32[8, 8] {...}; wo = float32[8, 8] {...}; w1 = float32[8, 12] {...}; w2 = float32[12, 8] {...}; head = float32[8, 2] {...}
    b0 = float32[8] {...}; b1 = float32[8] {5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0}; heads = int64[4] {0, 0, 2, 4}; flat = int64[3] {0, 0, 8}
    ${block(0, 'x', 'y0')} ${block(1, 'y0', 'y1')}
    y = MatMul(y1, head)
    -> y: float32[B, S, 2]`);
  const random = seeded(1, 'rows');
  const feeds: Feeds = {
    x: { dtype: 'float32', dims: [2, 4, 8], data: Float32Array.from({ length: 64 }, () => random.normal()) },
  };
  const world = await context(async function* calibration() {
    yield feeds;
  });
  const {
    changes,
    model: after,
    skipped,
  } = await apply(decoder, { keep: 0.5, repair: 'fold', exclude: ['x0'] }, world);
  expect(skipped.map(({ reason }) => reason)).toContain('excluded by the exclude option');
  expect(changes).toMatchObject([{ what: expect.stringContaining('its mean shift folded') }]);
  const bias = after.graph.initializers.get('b0')!;
  const values = toFloat32('float32', await world.bytes(bias));
  const old = toFloat32('float32', await world.bytes(decoder.graph.initializers.get('b0')!));
  expect(values.reduce((sum, value, i) => sum + value - old[i]!, 0) / 8).toBeGreaterThan(3);
});

test('refusals', async () => {
  const check = (one: Model, raw: Readonly<Record<string, unknown>>) =>
    layers.check(one, parseOptions(layers.id, layers.options, raw))?.reason ?? '';
  expect(check(subject, { keep: 0 })).toContain('keeping no block');
  expect(check(subject, { keep: 1 })).toContain('all blocks are to be kept');
  expect(check(model('x: float32[N, 4]; y = Relu(x)'), {})).toContain('no transformer block is found');
  const single = encoderModel(
    { ...architecture, layers: 1 },
    initialWeights({ ...architecture, layers: 1 }, seeded(1, 'one')),
  );
  expect(check(single, {})).toContain('a single transformer block');
  const { changes, skipped, model: same } = await apply(subject, { exclude: ['*'] }, await calibrated());
  expect(changes).toEqual([]);
  expect(same).toBe(subject);
  expect(skipped.at(-1)?.reason).toContain('no block goes');
  await expect(apply(subject, {}, await context(null, AbortSignal.abort()))).rejects.toThrow('stopped');
});
