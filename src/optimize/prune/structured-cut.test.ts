import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Context, Model, Tensor } from '../../contracts/index.ts';
import { checkModel, decodeFile } from '../../model/onnx/index.ts';
import { tensor, toFloat32, viewOf as bytesAs } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { anatomyOf } from '../anatomy/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { attention } from '../fuse/attention.ts';
import { attentionText, feedsOf } from '../testing/attention.ts';
import { compareOutputs } from '../testing/compare.ts';
import { fused } from '../testing/fused.ts';
import { samples } from '../testing/models.ts';
import { context, model } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { cut, takePlaces, unfit, type Plan } from './structured-cut.ts';
import { targetsOf, type Kind } from './structured-targets.ts';

/** The model with zeros where its layers read units that go: what a cut without a repair must compute. */
const masked = async (subject: Model, plans: readonly Plan[], world: Context): Promise<Model> => {
  const initializers = new Map(subject.graph.initializers);
  for (const { group, keep } of plans)
    for (const { node, axis, units } of group.consumers) {
      const name = node.inputs[1] ?? '';
      const weight = initializers.get(name);
      if (!weight) throw new Error(`${name} is no initializer`);
      const values = toFloat32('float32', await world.bytes(weight)).slice();
      const inner = weight.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
      for (let at = 0; at < values.length; at++) {
        const unit = units[Math.floor(at / inner) % units.length]!;
        if (unit >= 0 && !keep.includes(unit)) values[at] = 0;
      }
      initializers.set(name, tensor('float32', weight.dims, values));
    }
  return { ...subject, graph: { ...subject.graph, initializers } };
};

/** Cuts half of everything of a kind; answers the number of places, and how far the result is from the masked original. */
const halved = async (
  subject: Model,
  kind: Kind,
  feeds: readonly Parameters<typeof compareOutputs>[0][number]['outputs'][] | null = null,
): Promise<{ error: number; count: number; missed: readonly string[]; after: Model }> => {
  const world = await context();
  const anatomy = anatomyOf(subject);
  const { found, missed } = targetsOf(viewOf(subject), 'blocks' in anatomy ? anatomy : null, kind, []);
  const plans = found.map(({ group }, i) => ({
    group,
    keep: seeded(i, kind)
      .shuffle(Array.from({ length: group.count }, (_, unit) => unit))
      .slice(0, Math.max(1, group.count >> 1))
      .toSorted((a, b) => a - b),
  }));
  const reasons = missed.map(({ reason }) => reason);
  if (plans.length === 0) return { error: 0, count: 0, missed: reasons, after: subject };
  expect(await unfit(subject, plans)).toBeNull();
  const after = await cut(subject, plans, new Map(), world);
  expect(checkModel(after)).toEqual(checkModel(subject));
  const [expected, actual] = [await world.open(await masked(subject, plans, world)), await world.open(after)];
  let error = 0;
  try {
    for (const one of feeds ?? feedsOf(subject)) {
      const { relativeError } = compareOutputs([await expected.run(one)], [await actual.run(one)]);
      error = Math.max(error, relativeError);
    }
  } finally {
    await expected.close();
    await actual.close();
  }
  return { error, count: plans.length, missed: reasons, after };
};

const size = ({ graph }: Model): number =>
  [...graph.initializers.values()].reduce((sum, { dims }: Tensor) => sum + dims.reduce((a, b) => a * b, 1), 0);

const architecture = { layers: 2, width: 16, heads: 4, ffn: 24, vocabulary: 30, positions: 12, labels: 3 };
const encoder = encoderModel(architecture, initialWeights(architecture, seeded(1, 'cut')));
const text = encoder.graph.inputs.map(({ name }) => name);
const rows = [5, 2].map((length) =>
  Object.fromEntries(
    text.map((name) => [
      name,
      {
        dtype: 'int64' as const,
        dims: [2, length],
        data: BigInt64Array.from({ length: 2 * length }, (_, i) =>
          BigInt(name === 'input_ids' ? (i * 7) % 30 : name === 'attention_mask' ? 1 : 0),
        ),
      },
    ]),
  ),
);

describe('a cut computes what the model with zeros in its place computes', () => {
  test.each(['heads', 'neurons'] as const)('%s of an encoder as exporters spell it out', async (kind) => {
    const { error, count, missed, after } = await halved(encoder, kind, rows);
    expect({ count, missed }).toEqual({ count: 2, missed: [] });
    expect(error).toBeLessThan(1e-5);
    expect(size(after)).toBeLessThan(size(encoder));
    // The names of weights stay.
    expect([...after.graph.initializers.keys()]).toContain('bert.encoder.layer.1.attention.self.query.weight');
    const anatomy = anatomyOf(after);
    expect('blocks' in anatomy && anatomy.blocks[0]).toMatchObject(
      kind === 'heads' ? { attention: { heads: 2 } } : { feedForward: { size: 12 } },
    );
  });

  test.each(['heads', 'neurons'] as const)('%s of a fused encoder', async (kind) => {
    const { model: subject } = await fused(attention, encoder);
    expect(subject.graph.nodes.some(({ op }) => op === 'MultiHeadAttention')).toBe(true);
    const { error, count, missed } = await halved(subject, kind, rows);
    expect({ count, missed }).toEqual({ count: 2, missed: [] });
    expect(error).toBeLessThan(1e-5);
  });

  const block = (attended: string, more = ''): Model =>
    model(
      attentionText({
        more: `wo = float32[32, 32] {...}; w1 = float32[32, 24] {...}; b1 = float32[24] {...}; w2 = float32[24, 32] {...}; ${more}`,
        ...(attended === '' ? {} : { project: attended }),
        join: `c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; c2 = Reshape(c1, merged); o = MatMul(c2, wo); r = Add(o, x)
          u0 = MatMul(r, w1); u = Add(u0, b1); a = Relu(u); d = MatMul(a, w2); y = Add(d, r)`,
      }),
    );

  test('heads behind a packed projection that is split', async () => {
    const packed = block(
      'p0 = MatMul(x, wp); pk = Add(bp, p0); q1, k1, v1 = Split(pk, third) {axis: 2}',
      'wp = float32[32, 96] {...}; bp = float32[96] {...}; third = int64[3] {32, 32, 32}',
    );
    const { error, count, missed } = await halved(packed, 'heads');
    expect({ count, missed }).toEqual({ count: 1, missed: [] });
    expect(error).toBeLessThan(1e-5);
  });

  test('heads behind a packed projection that is sliced', async () => {
    const sliced = block(
      `pk = MatMul(x, wp); q1 = Slice(pk, i0, i32, two); k1 = Slice(pk, i32, i64, two); v1 = Slice(pk, i64, last, two)`,
      'wp = float32[32, 96] {...}; i0 = int64[1] {0}; i32 = int64[1] {32}; i64 = int64[1] {64}; last = int64[1] {9223372036854775807}',
    );
    const { error, count } = await halved(sliced, 'heads');
    expect(count).toBe(1);
    expect(error).toBeLessThan(1e-5);
  });

  test('heads of com.microsoft.Attention', async () => {
    const subject = model(`x: float32[B, S, 16]
      w = float32[16, 48] {...}; b = float32[48] {...}; wo = float32[16, 16] {...}; bo = float32[16] {...}; g = float32[16] {...}
      w1 = float32[16, 24] {...}; b1 = float32[24] {...}; w2 = float32[24, 16] {...}; last = float32[16, 3] {...}
      c = com.microsoft.Attention(x, w, b) {num_heads: 4}; o = MatMul(c, wo)
      s = com.microsoft.SkipLayerNormalization(o, x, g, g, bo)
      u = MatMul(s, w1); a = com.microsoft.BiasGelu(u, b1); d = MatMul(a, w2)
      n = com.microsoft.SkipLayerNormalization(d, s, g, g); y = MatMul(n, last)
      -> y: float32[B, S, 3]`);
    for (const kind of ['heads', 'neurons'] as const) {
      const { error, count } = await halved(subject, kind);
      expect(count).toBe(1);
      expect(error).toBeLessThan(1e-5);
    }
  });

  test('heads that share keys go together with those that read them, rotation and all', async () => {
    const sample = samples.find(({ name }) => /decoder|rotary/.test(name))!;
    const { graph } = sample.model;
    const grown: Model = {
      ...sample.model,
      graph: {
        ...graph,
        nodes: [
          ...graph.nodes,
          ...model(`y: float32[B, S, 32]
            w1 = float32[32, 24] {...}; w2 = float32[24, 32] {...}
            u = MatMul(y, w1); ua = Relu(u); ud = MatMul(ua, w2); z = Add(ud, y)
            -> z: float32[B, S, 32]`).graph.nodes,
        ],
        initializers: new Map([
          ...graph.initializers,
          ['w1', tensor('float32', [32, 24], new Float32Array(768).fill(0.01))],
          ['w2', tensor('float32', [24, 32], new Float32Array(768).fill(0.01))],
        ]),
        outputs: [{ name: 'z', type: { kind: 'tensor', dtype: 'float32', dims: ['B', 'S', 32] } }],
      },
    };
    const { error, count, missed, after } = await halved(grown, 'heads', [sample.feeds(seeded(1, 'decoder'))]);
    expect({ count, missed }).toEqual({ count: 1, missed: [] });
    expect(error).toBeLessThan(1e-5);
    expect(after.graph.initializers.get('wk')?.dims).toEqual([32, 8]);
    expect(after.graph.initializers.get('wq')?.dims).toEqual([32, 16]);
  });

  test.each(['mlp with Gemm', 'mlp with MatMul and Add'])('neurons of an %s', async (name) => {
    const sample = samples.find((one) => one.name === name)!;
    const { error, count } = await halved(sample.model, 'neurons', [sample.feeds(seeded(1, name))]);
    expect(count).toBe(1);
    expect(error).toBeLessThan(1e-5);
  });

  test('a gated feed-forward part whose two halves come from one layer', async () => {
    const subject = model(`x: float32[N, 12]
      w = float32[12, 40] {...}; b = float32[40] {...}; halves = int64[2] {20, 20}; v = float32[20, 5] {...}
      p0 = MatMul(x, w); p = Add(p0, b); g, u = Split(p, halves) {axis: 1}; s = Sigmoid(g); m = Mul(s, g); a = Mul(m, u); y = MatMul(a, v)
      -> y: float32[N, 5]`);
    const one = {
      x: { dtype: 'float32' as const, dims: [3, 12], data: Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)) },
    };
    const { error, count, after } = await halved(subject, 'neurons', [one]);
    expect(count).toBe(1);
    expect(error).toBeLessThan(1e-5);
    expect(after.graph.initializers.get('w')?.dims).toEqual([12, 20]);
  });
});

const image = (dims: readonly number[]) => {
  const random = seeded(4, 'image');
  const length = dims.reduce((a, b) => a * b, 1);
  return { x: { dtype: 'float32' as const, dims, data: Float32Array.from({ length }, () => random.normal()) } };
};

describe('channels of convolutions', () => {
  test('through normalization, pooling, a residual sum and a depthwise convolution, to a Gemm behind Flatten', async () => {
    const subject = model(`x: float32[N, 3, 8, 8]
      k1 = float32[8, 3, 3, 3] {...}; c1 = float32[8] {...}; s = float32[8] {...}; t = float32[8] {...}; m = float32[8] {...}; v = float32[8] {1.0, 2.0, 1.5, 1.0, 0.5, 1.0, 3.0, 1.0}
      k2 = float32[6, 8, 3, 3] {...}; k3 = float32[8, 6, 1, 1] {...}; dw = float32[8, 1, 3, 3] {...}; db = float32[8] {...}
      w = float32[128, 5] {...}; b = float32[5] {...}
      a = Conv(x, k1, c1) {pads: [1, 1, 1, 1]}; n = BatchNormalization(a, s, t, m, v); r = Relu(n); p = MaxPool(r) {kernel_shape: [2, 2], strides: [2, 2]}
      d = Conv(p, k2) {pads: [1, 1, 1, 1]}; dr = Relu(d); e = Conv(dr, k3); f = Add(e, p)
      h = Conv(f, dw, db) {pads: [1, 1, 1, 1], group: 8}; hr = Relu(h); l = Flatten(hr); y = Gemm(l, w, b)
      -> y: float32[N, 5]`);
    const { error, count, missed, after } = await halved(subject, 'channels', [image([2, 3, 8, 8])]);
    // The residual stream (k1, k3, the depthwise one) is one group, what is between is another.
    expect({ count, missed }).toEqual({ count: 2, missed: [] });
    expect(error).toBeLessThan(1e-5);
    const dims = (name: string) => after.graph.initializers.get(name)?.dims;
    expect([dims('k1'), dims('k2'), dims('k3'), dims('dw'), dims('w')]).toEqual([
      [4, 3, 3, 3],
      [3, 4, 3, 3],
      [4, 3, 1, 1],
      [4, 1, 3, 3],
      [64, 5],
    ]);
  });

  test('joined by Concat, each part by its own measure', async () => {
    const subject = model(`x: float32[N, 3, 6, 6]
      k1 = float32[8, 3, 3, 3] {...}; k2 = float32[4, 3, 3, 3] {...}; k3 = float32[5, 12, 1, 1] {...}
      a = Conv(x, k1); b = Conv(x, k2); j = Concat(a, b) {axis: 1}; r = Relu(j); y = Conv(r, k3)
      -> y: float32[N, 5, 4, 4]`);
    const { error, count, after, missed } = await halved(subject, 'channels', [image([2, 3, 6, 6])]);
    expect(count).toBeGreaterThan(0);
    expect(error).toBeLessThan(1e-5);
    expect(missed.join()).toContain('output');
    expect(after.graph.initializers.get('k1')?.dims[0]).toBe(4);
  });
});

describe('what cannot be followed is told', () => {
  const missedOf = (subject: Model, kind: Kind): string => {
    const anatomy = anatomyOf(subject);
    const { found, missed } = targetsOf(viewOf(subject), 'blocks' in anatomy ? anatomy : null, kind, []);
    expect(found).toEqual([]);
    return missed.map(({ reason }) => reason).join('; ');
  };

  test('outputs, groups, softmax over channels, unknown operators, bodies', () => {
    const net = (rest: string): Model =>
      model(`x: float32[N, 4, 6, 6]
        k1 = float32[8, 4, 1, 1] {...}; k2 = float32[8, 4, 1, 1] {...}; k3 = float32[2, 8, 1, 1] {...}; a = Conv(x, k1)
        ${rest}`);
    expect(missedOf(net('y = Relu(a)\n-> y: float32[N, 8, 6, 6]'), 'channels')).toContain('output y');
    expect(
      missedOf(net('b = Conv(a, k2) {group: 2}; y = Conv(b, k3)\n-> y: float32[N, 2, 6, 6]'), 'channels'),
    ).toContain('groups of channels');
    expect(missedOf(net('s = Softmax(a) {axis: 1}; y = Conv(s, k3)\n-> y: float32[N, 2, 6, 6]'), 'channels')).toContain(
      'Softmax runs over',
    );
    expect(missedOf(net('s = LRN(a) {size: 3}; y = Conv(s, k3)\n-> y: float32[N, 2, 6, 6]'), 'channels')).toContain(
      'what LRN makes of them is not known',
    );
    const loop = samples.find(({ name }) => /branch|if/i.test(name))!;
    expect(missedOf(loop.model, 'heads')).toContain('no transformer blocks');
  });

  test('a size that the graph computes for itself', async () => {
    const subject = model(`x: float32[N, 12]
      w = float32[12, 16] {...}; v = float32[16, 5] {...}; size = int64[2] {-1, 16}
      h = MatMul(x, w); r = Relu(h); y = MatMul(r, v)
      -> y: float32[N, 5]`);
    const { found } = targetsOf(viewOf(subject), null, 'neurons', []);
    expect(found).toHaveLength(1);
    expect(await unfit(subject, [{ group: found[0]!.group, keep: [0, 3] }])).toBeNull();
    // A group that forgot a weight does not hold.
    const broken = { ...found[0]!.group, cuts: found[0]!.group.cuts.filter(({ node }) => node.outputs[0] !== 'h') };
    expect(await unfit(subject, [{ group: broken, keep: [0, 3] }])).toContain(
      'would be 16 long along axis 1 instead of 2',
    );
  });
});

test('takes places along any axis, of any element size', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i);
  const bytes = new Uint8Array(values.buffer);
  const taken = (axis: number, places: number[]) => [
    ...(bytesAs('float32', takePlaces(bytes, [2, 3, 4], 4, axis, places)) as Float32Array),
  ];
  expect(taken(0, [1])).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
  expect(taken(1, [0, 2])).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23]);
  expect(taken(2, [3])).toEqual([3, 7, 11, 15, 19, 23]);
  expect([...takePlaces(Uint8Array.of(1, 2, 3, 4), [2, 2], 1, 1, [1])]).toEqual([2, 4]);
});

const old = sharedOrSkip('cuts of real exports', 'conformance', 'onnxruntime-testdata-2020', 'bert', 'test_data');

describe.runIf(old !== null)('real exports', () => {
  const ids = (name: string) => ({
    [name]: {
      dtype: 'int64' as const,
      dims: [2, 5],
      data: BigInt64Array.from({ length: 10 }, (_, i) => BigInt((i * 3) % 8)),
    },
  });
  test('heads of GPT-2 with the shapes that its exporter computes', async () => {
    const subject = await decodeFile(join(old!, 'gpt2_pytorch1.4_opset11_no_past', 'GPT2Model.onnx'));
    const { error, count, missed } = await halved(subject, 'heads', [ids('input_ids')]);
    expect({ count, missed }).toEqual({ count: 12, missed: [] });
    expect(error).toBeLessThan(1e-4);
  });
});
