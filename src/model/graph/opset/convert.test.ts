import { afterAll, describe, expect, test } from 'vitest';
import type { Feeds, Value } from '../../../contracts/index.ts';
import { startRunner } from '../../../runtime/testing/conformance.ts';
import { compareOutputs } from '../../../optimize/testing/compare.ts';
import { checkModel, encode } from '../../onnx/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { parseText, printLine } from '../index.ts';
import { canConvert, convertOpset, newestOpset } from './index.ts';

const runner = startRunner();
afterAll(() => runner.close());

/** The text form without its header, or the reason of a refusal. */
const raise = (text: string, from: number, to: number): string => {
  const { model, refusal } = convertOpset(parseText(`opset ${from}\n${text}`), to);
  return refusal ? `refused: ${refusal.reason}` : printLine(model).replace(/^(ir \d+; |opset \d+; )*/, '');
};

/** Waves between -2 and 2, no two neighbors alike; integers from them. */
const feed = (dtype: string, dims: readonly number[], salt: number): Value => {
  const wave = Array.from({ length: elementCount(dims) }, (_, i) => 2 * Math.sin(1.7 * (i + salt) + 0.3));
  if (dtype === 'float32') return { dtype, dims, data: Float32Array.from(wave) };
  if (dtype === 'float64') return { dtype, dims, data: Float64Array.from(wave) };
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(wave, (value) => (value > 0 ? 1 : 0)) };
  if (dtype === 'int64')
    return { dtype, dims, data: BigInt64Array.from(wave, (value) => BigInt(Math.round(value) & 1)) };
  throw new Error(`no feed of ${dtype}`);
};

const feedsOf = (text: string, from: number): Feeds =>
  Object.fromEntries(
    parseText(`opset ${from}\n${text}`).graph.inputs.map(({ name, type }, i) => {
      if (type?.kind !== 'tensor') throw new Error(`${name} has no type`);
      return [
        name,
        feed(
          type.dtype,
          (type.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 3)),
          i,
        ),
      ];
    }),
  );

const targets = [7, 11, 13, 18, 21, 22, 23, newestOpset];

/** The original and the model at every newer version load and give the same bits. */
const sameAtEveryVersion = async (text: string, from: number, to = newestOpset): Promise<void> => {
  const model = parseText(`ir 8\nopset ${from}\n${text}`);
  const feeds = feedsOf(text, from);
  const expected = await runner.run(await encode(model), feeds);
  if (!('outputs' in expected)) throw new Error(`the original fails: ${expected.message}`);
  const before = await encode(model);
  for (const target of targets.filter((one) => one > from && one <= to)) {
    const result = convertOpset(model, target);
    expect(result.refusal, `opset ${target}`).toBeNull();
    expect(checkModel(result.model).filter(({ severity }) => severity === 'error')).toEqual([]);
    const actual = await runner.run(await encode(result.model), feeds);
    if (!('outputs' in actual)) throw new Error(`opset ${target} fails: ${actual.message}\n${printLine(result.model)}`);
    // Other versions may run other kernels, which add in another order.
    const runs = [expected, actual].map(({ outputs }) => [{ outputs, durationMs: 0, cpuMs: 0 }]);
    expect(compareOutputs(runs[0]!, runs[1]!).relativeError, printLine(result.model)).toBeLessThan(1e-6);
  }
  expect(await encode(model), 'the input stays as it was').toEqual(before);
};

describe('gives the same at every version in ONNX Runtime', () => {
  test.each([
    [10, 'x: float32[2, 3]; y = Clip(x) {min: -0.5, max: 1.0}'],
    [10, 'x: float32[2, 3]; y = Clip(x) {max: 1.0}'],
    [10, 'x: float32[2, 3]; y = Clip(x)'],
    [9, 'x: float32[4, 5]; y = Slice(x) {starts: [1, -3], ends: [3, 1000], axes: [0, 1]}'],
    [9, 'x: float32[4, 5]; y = Slice(x) {starts: [1], ends: [3]}'],
    [9, 'x: float32[2, 6]; v, i = TopK(x) {k: 3}'],
    [9, 'x: float32[6, 2]; v, i = TopK(x) {k: 2, axis: 0}'],
    [10, 'x: float32[2, 3]; y = Pad(x) {pads: [0, 1, 1, 0], value: 1.5}'],
    [10, 'x: float32[2, 3]; y = Pad(x) {pads: [0, 1, 1, 0]}'],
    [10, 'x: float32[3, 3]; y = Pad(x) {pads: [0, 1, 1, 0], mode: "reflect", value: 3.0}'],
    [7, 'x: float32[1, 1, 3, 4]; y = Upsample(x) {scales: [1.0, 1.0, 2.0, 3.0]}'],
    [7, 'x: float32[1, 1, 3, 4]; y = Upsample(x) {scales: [1.0, 1.0, 2.0, 2.0], mode: "linear"}'],
    [9, 'x: float32[1, 2, 3, 4]; s = float32[4] {1.0, 1.0, 1.5, 2.0}; y = Upsample(x, s)'],
    [9, 'x: float32[1, 2, 3, 4]; s0 = float32[4] {1.0, 1.0, 1.5, 2.0}; s = Abs(s0); y = Upsample(x, s)'],
    [10, 'x: float32[1, 1, 6, 8]; s = float32[4] {1.0, 1.0, 0.4, 0.7}; y = Resize(x, s)'],
    [10, 'x: float32[1, 1, 6, 8]; s = float32[4] {1.0, 1.0, 2.5, 1.7}; y = Resize(x, s)'],
    [10, 'x: float32[1, 1, 6, 8]; s = float32[4] {1.0, 1.0, 0.5, 1.7}; y = Resize(x, s) {mode: "linear"}'],
    [
      11,
      'x: float32[1, 1, 6, 8]; r = float32[0] {}; s = float32[0] {}; z = int64[4] {1, 1, 3, 11}; y = Resize(x, r, s, z) {mode: "linear", coordinate_transformation_mode: "align_corners"}',
    ],
    [
      11,
      'x: float32[1, 1, 4, 4]; r = float32[0] {}; s = float32[4] {1.0, 1.0, 2.0, 2.0}; y = Resize(x, r, s) {mode: "cubic"}',
    ],
    [7, 'x: float32[2, 3, 4]; y = Softmax(x)'],
    [7, 'x: float32[2, 3, 4]; y = Softmax(x) {axis: 2}'],
    [7, 'x: float32[N, 3, 4]; y = LogSoftmax(x) {axis: 0}'],
    [11, 'x: float32[N, 3, 4]; y = Hardmax(x) {axis: -2}'],
    [11, 'x: float32[2, 3, 1]; y = Softmax(x) {axis: -2}'],
    [7, 'x: float32[2, 3]; y = Softmax(x) {axis: -1}'],
    [7, 'x: float32[1, 3, 1]; y = Squeeze(x)'],
    [7, 'x: float32[1, 3, 1]; y = Squeeze(x) {axes: [2]}'],
    [7, 'x: float32[3]; y = Unsqueeze(x) {axes: [0, 2]}'],
    [7, 'x: float32[2, 3]; y = ReduceSum(x) {axes: [1], keepdims: 0}'],
    [7, 'x: float32[2, 3]; y = ReduceSum(x)'],
    [7, 'x: float32[2, 3]; y = ReduceMean(x) {axes: [1]}'],
    [7, 'x: float32[2, 3]; y = ReduceMax(x)'],
    [7, 'x: float32[2, 3]; y = ReduceL2(x) {axes: [0], keepdims: 0}'],
    [7, 'x: float32[2, 6]; a, b = Split(x) {axis: 1}'],
    [7, 'x: float32[2, 6]; a, b = Split(x) {axis: 1, split: [2, 4]}'],
    [13, 'x: float32[2, 6]; a, b, c = Split(x) {axis: 1}'],
    [
      7,
      'x: float32[2, 3, 4]; s: float32[3]; b: float32[3]; m: float32[3]; v = float32[3] {1.0, 2.0, 0.5}; y = BatchNormalization(x, s, b, m, v) {spatial: 1}',
    ],
    [7, 'x: float32[2, 3]; y = Dropout(x) {ratio: 0.3}'],
    [10, 'x: float32[2, 3]; y, mask = Dropout(x); -> y: float32[2, 3]'],
    [9, 'x: float32[3, 2]; i = int64[1, 2] {2, 0}; u: float32[1, 2]; y = Scatter(x, i, u)'],
    [7, 'x: float32[2, 3]; y = Cast(x) {to: 7}'],
    [7, 'x: float32[5, 1, 2]; w: float32[1, 12, 2]; r: float32[1, 12, 3]; y, h, c = LSTM(x, w, r) {hidden_size: 3}'],
    [7, 'x: float32[5, 1, 2]; w: float32[1, 9, 2]; r: float32[1, 9, 3]; y, h = GRU(x, w, r) {hidden_size: 3}'],
    [7, 'x: float32[1, 1, 5, 5]; y = AveragePool(x) {kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0]}'],
    [
      10,
      'x: float32[1, 1, 5, 5]; y = AveragePool(x) {kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1, count_include_pad: 1, pads: [0, 0, 1, 1]}',
    ],
    [10, 'x: float32[1, 1, 5, 5]; y = MaxPool(x) {kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1}'],
    [
      7,
      'x: float32[1, 1, 3, 3]; w: float32[1, 1, 3, 3]; y = ConvTranspose(x, w) {kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER"}',
    ],
    [17, 'x: float32[1, 6, 4, 1]; y = DFT(x)'],
    [17, 'x: float32[1, 6, 4, 1]; y = DFT(x) {axis: 2, onesided: 1}'],
    [16, 'x: float32[1, 1, 3, 3]; g: float32[1, 2, 2, 2]; y = GridSample(x, g)'],
    [16, 'x: float32[1, 1, 3, 3]; g: float32[1, 2, 2, 2]; y = GridSample(x, g) {mode: "bicubic"}'],
    [16, 'x: float32[1, 1, 3, 3]; g: float32[1, 2, 2, 2]; y = GridSample(x, g) {mode: "nearest"}'],
    [18, 'x: float32[2, 4, 3]; s: float32[2]; b: float32[2]; y = GroupNormalization(x, s, b) {num_groups: 2}'],
    [18, 'x: float32[2, C, 3]; s: float32[3]; b: float32[3]; y = GroupNormalization(x, s, b) {num_groups: 3}'],
    [
      10,
      'x: float32[2, 3]; s = float32[] {0.1}; z = uint8[] {128}; q = QuantizeLinear(x, s, z); y = DequantizeLinear(q, s, z)',
    ],
    [13, 'x: float32[2, 3]; s = float32[3] {0.1, 0.2, 0.05}; q = QuantizeLinear(x, s); y = DequantizeLinear(q, s)'],
    [8, 'x: float32[2, 3]; z: float32[3]; y = Max(x, z)'],
    [7, 'x: float32[2, 3]; g: float32[3]; b: float32[3]; y = LayerNormalization(x, g, b) {axis: -1}'],
    [
      9,
      'c: bool[]; x: float32[2, 4]; y = If(c) {then_branch: graph "t" { t = Clip(x) {min: 0.0} }, else_branch: graph "e" { e0 = Slice(x) {starts: [0], ends: [2]}; e = Softmax(e0) {axis: 0} }}; -> y: float32[2, 4]',
    ],
    [
      9,
      'x: float32[2, 4]; n = int64[] {2}; go = bool[] {1}; w = float32[4] {1.0, 1.0, 2.0, 2.0}; y = Loop(n, go, x) {body: graph "b" { i: int64[]; on0: bool[]; v: float32[2, 4]; on = Identity(on0); a = Softmax(v) {axis: 0}; u = Unsqueeze(a) {axes: [0, 1]}; z0 = Upsample(u, w); z1 = ReduceSum(z0) {axes: [0, 1], keepdims: 0}; z = Slice(z1) {starts: [0, 2], ends: [2, 6], axes: [0, 1]}; -> on, z }}; -> y: float32[2, 4]',
    ],
  ])('from %i: %s', (from, text) => sameAtEveryVersion(text, from));
});

test('RoiAlign keeps its coordinates', async () => {
  const text =
    'x: float32[1, 1, 6, 6]; b = float32[1, 4] {0.3, 0.2, 4.1, 3.7}; i = int64[1] {0}; ' +
    'y = RoiAlign(x, b, i) {output_height: 2, output_width: 2, sampling_ratio: 2}';
  await sameAtEveryVersion(text, 10, 21);
});

describe('writes out', () => {
  test.each([
    [
      6,
      7,
      'a: float32[2, 3, 4]; b: float32[3]; y = Add(a, b) {broadcast: 1, axis: 1}',
      'a: float32[2, 3, 4]; b: float32[3]; b_aligned = Unsqueeze(b) {axes: [1]}; y = Add(a, b_aligned)',
    ],
    [
      6,
      7,
      'a: float32[2, 3]; b: float32[3]; y = Mul(a, b) {broadcast: 1, axis: 1}',
      'a: float32[2, 3]; b: float32[3]; y = Mul(a, b)',
    ],
    [
      6,
      13,
      'a: float32[2, 3, 4]; b: float32[3]; y = PRelu(a, b)',
      'a: float32[2, 3, 4]; b: float32[3]; opset_axes = int64[1] {1}; b_aligned = Unsqueeze(b, opset_axes); y = PRelu(a, b_aligned)',
    ],
    [5, 6, 'y = Cast(x) {to: "INT64"}', 'y = Cast(x) {to: 7}'],
    [5, 6, 'y = Relu(x) {consumed_inputs: [0]}', 'y = Relu(x)'],
    [4, 5, 'y = Reshape(x) {shape: [0, -1]}', 'opset_shape = int64[2] {0, -1}; y = Reshape(x, opset_shape)'],
    [1, 4, 'y = Concat(a, b)', 'y = Concat(a, b) {axis: 1}'],
    [1, 2, 'y = Pad(x) {paddings: [0, 1]}', 'y = Pad(x) {pads: [0, 1]}'],
    [1, 2, 'y = LpPool(x) {kernel_shape: [2], p: 2.0}', 'y = LpPool(x) {kernel_shape: [2], p: 2}'],
    [
      1,
      7,
      'y = Upsample(x) {height_scale: 2.0, width_scale: 3.0, mode: "bilinear"}',
      'y = Upsample(x) {mode: "linear", scales: [1.0, 1.0, 2.0, 3.0]}',
    ],
    [6, 7, 'y = Dropout(x) {is_test: 1}', 'y = Dropout(x)'],
    [6, 7, 'y = LSTM(x, w, r) {hidden_size: 2, output_sequence: 1}', 'y = LSTM(x, w, r) {hidden_size: 2}'],
    [5, 6, 'y = Selu(x)', 'y = Selu(x) {alpha: 1.6732, gamma: 1.0507}'],
    [
      12,
      13,
      'a = Unsqueeze(x) {axes: [0]}; b = Squeeze(a) {axes: [0]}',
      'opset_axes = int64[1] {0}; a = Unsqueeze(x, opset_axes); b = Squeeze(a, opset_axes)',
    ],
    [
      11,
      13,
      'r = float32[0] {}; s = float32[0] {}; y = Resize(x, r, s, z)',
      'r = float32[0] {}; s = float32[0] {}; y = Resize(x, _, _, z)',
    ],
    [12, 13, 'x: float16[2]; y = my.Softmax(x)', 'x: float16[2]; y = my.Softmax(x)'],
    [
      10,
      11,
      'x: float16[2]; y = Clip(x) {max: 1.0}',
      'x: float16[2]; opset_max = float16[] {blob "ADw="}; y = Clip(x, _, opset_max)',
    ],
    [9, 10, 'y, m = Dropout(x); -> y', 'y = Dropout(x)'],
    [10, 21, 'y = SimplifiedLayerNormalization(x, g)', 'y = SimplifiedLayerNormalization(x, g)'],
  ])('%i → %i: %s', (from, to, before, after) => expect(raise(before, from, to)).toBe(after));
});

describe('refuses as a whole', () => {
  test.each([
    [10, 'a = my.Thing(x); y = Clip(a) {min: 0.0}', 'element type'],
    [10, 'a = my.Thing(x); y = Pad(a) {pads: [0, 1], value: 2.0}', 'element type'],
    [10, 'x: float32[1, 1, 4, 4]; s: float32[4]; y = Resize(x, s)', 'larger or smaller'],
    [10, 'x: float32[1, 1, 4, 4]; s = float32[4] {1.0, 1.0, 2.0, 0.5}; y = Resize(x, s)', 'larger or smaller'],
    [11, 'y = Resize(x, r, s) {coordinate_transformation_mode: "tf_half_pixel_for_nn"}', 'withdrawn'],
    [9, 'y, m = Dropout(x)', 'mask is used'],
    [9, 'y, m, v = BatchNormalization(x, s, b, m0, v0); -> y', 'train'],
    [8, 'y = BatchNormalization(x, s, b, m0, v0) {spatial: 0}', 'spatial'],
    [6, 'y = Dropout(x)', 'training mode'],
    [6, 'y = Add(a, b) {broadcast: 1, axis: 0}', 'ranks'],
    [5, 'y = Tile(x, t, a)', 'one axis'],
    [8, 'y = Scan(_, x) {num_scan_inputs: 1}', 'lengths'],
    [9, 'y = Crop(x)', 'no ONNX operator'],
    [19, 'y = Gelu(x)', 'came to ONNX in version 20'],
    [9, 'x: float16[2, 3]; g: float32[3]; y = LayerNormalization(x, g)', 'scale is float32'],
    [9, 'y = LayerNormalization(x, g) {epsion: 1.0}', 'epsion'],
    [12, 'x: int32[2]; y = Erf(x)', 'int32'],
    [21, 'y = RandomNormal() {shape: [2]}', 'earlier form'],
    [12, 'y = Softmax(x) {axis: "one"}', 'attribute "axis"'],
    [
      9,
      'c: bool[]; y = If(c) {then_branch: graph "t" { t, m = Dropout(x); z = Add(t, m) }, else_branch: graph "e" { e = Neg(x) }}',
      'mask is used',
    ],
  ])('from %i: %s', (from, text, why) => {
    const model = parseText(`opset ${from}\n${text}`);
    const { model: after, changes, refusal } = convertOpset(model, 23);
    expect(refusal?.reason).toContain(why);
    expect(after).toBe(model);
    expect(changes).toEqual([]);
    expect(canConvert(model, 23)).toEqual(refusal);
  });

  test('a target that is lower, unknown or no version', () => {
    const model = parseText('opset 13\ny = Relu(x)');
    expect(canConvert(model, 12)?.reason).toContain('never lowered');
    for (const target of [0, 99, 13.5, Number.NaN]) expect(canConvert(model, target)?.reason).toContain('not known');
    expect(convertOpset(model, 13)).toEqual({ model, changes: [], refusal: null });
  });

  test('a model without ai.onnx, or with functions of its own', () => {
    expect(canConvert(parseText('opset 0\ny = com.microsoft.Gelu(x)'), 21)?.reason).toContain('does not import');
    const model = parseText('opset 13\ny = my.Twice(x)');
    const functions = [{ name: 'Twice', domain: 'my', bytes: new Uint8Array(0) }];
    expect(canConvert({ ...model, functions }, 21)?.reason).toContain('Twice');
  });

  test('bodies within bodies without end', () => {
    let model = parseText('opset 9\ny = Relu(x)');
    for (let depth = 0; depth < 70; depth++) {
      const value = { kind: 'graph', value: model.graph } as const;
      const node = { name: '', op: 'Loop', domain: '', inputs: ['', ''], outputs: ['y'], attributes: { body: value } };
      model = { ...model, graph: { ...model.graph, nodes: [node] } };
    }
    expect(canConvert(model, 21)?.reason).toContain('deep');
  });

  test('names every node with the same reason', () => {
    const model = parseText('opset 9\na, m = Dropout(x) as "one"; b, n = Dropout(a) as "two"');
    expect(canConvert(model, 21)?.nodes).toEqual(['one', 'two']);
  });
});

test('before IR version 4 listed weights leave the inputs; later ones stay, since callers may override them', () => {
  const text = 'opset 12\nx: float32[2]; w: float32[2]; w = float32[2] {1.0, 2.0}; y = Add(x, w); -> y: float32[2]';
  const names = (ir: number): string[] =>
    convertOpset(parseText(`ir ${ir}\n${text}`), 21).model.graph.inputs.map((one) => one.name);
  expect(names(3)).toEqual(['x']);
  expect(names(4)).toEqual(['x', 'w']);
  expect(convertOpset(parseText(`ir 3\n${text}`), 21).model.irVersion).toBe(10);
});

test('before IR version 4 listed weights leave the inputs of bodies too, and the model runs', async () => {
  const text =
    'ir 3\nopset 8\nc: bool[]; x: float32[2]; y = If(c) {then_branch: graph "t" { w: float32[2]; w = float32[2] {1.0, 2.0}; t = Add(x, w) }, ' +
    'else_branch: graph "e" { e = Neg(x) }}; -> y: float32[2]';
  const { model } = convertOpset(parseText(text), 21);
  expect(printLine(model)).toContain('graph "t" { w = float32[2] {1.0, 2.0}; t = Add(x, w) }');
  const x = { dtype: 'float32', dims: [2], data: Float32Array.of(5, 6) } as const;
  const reply = await runner.run(await encode(model), { c: { dtype: 'bool', dims: [], data: Uint8Array.of(1) }, x });
  if (!('outputs' in reply)) throw new Error(reply.message);
  expect([...(reply.outputs['y']?.data ?? [])]).toEqual([6, 8]);
});

test('a constant that callers may override decides nothing', () => {
  const text = 'x: float32[1, 1, 4, 4]; s: float32[4]; s = float32[4] {1.0, 1.0, 2.0, 2.0}; y = Resize(x, s)';
  expect(raise(text, 10, 11)).toContain('larger or smaller');
});

test('says what it did', () => {
  const { changes } = convertOpset(parseText('opset 12\ny = ReduceSum(x) {axes: [0]} as "sum"'), 13);
  expect(changes).toEqual([
    { what: 'opset 12 raised to 13', nodes: [] },
    { what: 'ReduceSum in the form of opset 13', nodes: ['sum'] },
  ]);
});
