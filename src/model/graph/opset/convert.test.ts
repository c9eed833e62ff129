import { afterAll, describe, expect, test } from 'vitest';
import type { Feeds, Value } from '../../../contracts/index.ts';
import { identical, startRunner } from '../../../runtime/testing/conformance.ts';
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

const targets = [7, 11, 13, 18, 21, 23, newestOpset];

/** The original and the model at every newer version load and give the same bits. */
const sameAtEveryVersion = async (text: string, from: number): Promise<void> => {
  const model = parseText(`ir 8\nopset ${from}\n${text}`);
  const feeds = feedsOf(text, from);
  const expected = await runner.run(await encode(model), feeds);
  if (!('outputs' in expected)) throw new Error(`the original fails: ${expected.message}`);
  const before = await encode(model);
  for (const target of targets.filter((one) => one > from)) {
    const result = convertOpset(model, target);
    expect(result.refusal, `opset ${target}`).toBeNull();
    expect(checkModel(result.model).filter(({ severity }) => severity === 'error')).toEqual([]);
    const actual = await runner.run(await encode(result.model), feeds);
    if (!('outputs' in actual)) throw new Error(`opset ${target} fails: ${actual.message}\n${printLine(result.model)}`);
    expect(identical(expected.outputs, actual.outputs), `opset ${target}: ${printLine(result.model)}`).toBe(true);
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
    [
      10,
      'x: float32[1, 1, 6, 6]; b = float32[1, 4] {0.3, 0.2, 4.1, 3.7}; i = int64[1] {0}; y = RoiAlign(x, b, i) {output_height: 2, output_width: 2, sampling_ratio: 2}',
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
