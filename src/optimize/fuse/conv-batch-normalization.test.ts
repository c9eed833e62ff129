import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { convBatchNormalization } from './conv-batch-normalization.ts';

const head =
  'x: float32[N, 3, 6, 6]; w = float32[4, 3, 3, 3] {...}; b = float32[4] {...}; g = float32[4] {...}; h = float32[4] {...}; ' +
  'm = float32[4] {...}; v = float32[4] {0.5, 1.0, 2.0, 3.0}; p = float32[4, 1, 1] {1.0, -2.0, 0.5, 3.0}; s = float32[] {1.5}';
const run = (text: string) => fused(convBatchNormalization, `${head}; ${text}`);
const norm = '{epsilon: 0.001}';

describe('constants go into the weights', () => {
  test.each([
    `c = Conv(x, w, b); y = BatchNormalization(c, g, h, m, v) ${norm}`,
    `c = Conv(x, w); y = BatchNormalization(c, g, h, m, v)`,
    'c = Conv(x, w, b); y = Mul(c, p)',
    'c = Conv(x, w, b); y = Mul(s, c)',
    'c = Conv(x, w); y = Add(p, c)',
    'c = Conv(x, w, b); y = Sub(c, p)',
    'c = Conv(x, w, b); y = Div(c, p)',
    'i = int64[2] {1, 2}; u = Unsqueeze(g, i); c = Conv(x, w); y = Mul(c, u)',
    'u = float32[1, 4, 1, 1] {...}; c = Conv(x, w); y = Add(c, u)',
    `c = Conv(x, w, b); n = BatchNormalization(c, g, h, m, v) ${norm}; a = Mul(n, p); y = Add(a, s)`,
    'k = float32[4, 1, 3, 3] {...}; z: float32[N, 2, 6, 6]; c = Conv(z, k) {group: 2}; y = Mul(c, p)',
  ])('%s', async (text) => {
    const result = await run(text);
    expect(result.operators).toEqual({ Conv: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test.each([
    'k = float32[3, 4, 2, 2] {...}; c = ConvTranspose(x, k, b); y = Mul(c, p)',
    `z: float32[N, 4, 6, 6]; k = float32[4, 2, 2, 2] {...}; c = ConvTranspose(z, k) {group: 2}; y = BatchNormalization(c, g, h, m, v) ${norm}`,
  ])('%s', async (text) => {
    const result = await run(text);
    expect(result.operators).toEqual({ ConvTranspose: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('float16 stays float16', async () => {
    const text =
      'x: float16[1, 1, 3, 3]; w = float16[1, 1, 2, 2] {blob "ADwAPAA8ADw="}; s = float16[1] {blob "AEA="}; c = Conv(x, w); y = Mul(c, s)';
    const result = await fused(convBatchNormalization, text);
    expect(result.operators).toEqual({ Conv: 1 });
    expect(await answersApart(result)).toBeLessThan(2e-3);
  });
});

describe('what stays, and why', () => {
  test.each([
    [
      'o: float32[4, 1, 1]; o = float32[4, 1, 1] {1.0, 2.0, 3.0, 4.0}; c = Conv(x, w); y = Mul(c, o)',
      'o is not a constant',
    ],
    ['z: float32[4, 3, 3, 3]; c = Conv(x, z); y = Mul(c, p)', 'its weights z are not constant'],
    ['o: float32[4]; c = Conv(x, w, o); y = Mul(c, p)', 'its bias o is not constant'],
    ['q = float32[4] {...}; c = Conv(x, w); y = Mul(c, q)', 'q differs along other axes than the channels'],
    ['q = float32[1, 4, 4, 4] {...}; c = Conv(x, w); y = Add(c, q)', 'q differs along other axes than the channels'],
    ['q = float32[1, 1, 4, 1, 1] {...}; c = Conv(x, w); y = Add(c, q)', 'q differs along other axes than the channels'],
    ['c = Conv(x, w); y = Sub(p, c)', 'the convolution stands on the right of Sub'],
    ['q = float32[4, 1, 1] {1.0, 0.0, 1.0, 1.0}; c = Conv(x, w); y = Div(c, q)', 'not finite'],
    ['c = Conv(x, w); y = Mul(c, p); z = Neg(c); -> y, z', 'the value c is also used by z'],
    ['c = Conv(x, w); y = Mul(c, p); -> y, c', 'the value c is also an output of the graph'],
    [
      'c = Conv(x, w); y = Mul(c, p); d = Conv(x, w) {pads: [1, 1, 1, 1]}; -> y, d',
      'the weights w are used elsewhere, too',
    ],
    ['n = float32[4] {-1.0, 1.0, 1.0, 1.0}; c = Conv(x, w); y = BatchNormalization(c, g, h, m, n)', 'not finite'],
    ['c = Conv(x, w); y = BatchNormalization(c, g, h, m, v) {training_mode: 1}', 'it is in training mode'],
    ['c = Conv(x, w); d = Conv(x, w); y = Add(c, d)', 'no constant for each channel follows a convolution'],
    ['y = Relu(x)', 'the graph has no Conv'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(result.skipped.map((one) => one.reason).join('\n')).toContain(reason);
    expect(result.model).toBe(result.before);
  });

  test('one channel spread to several by the constant', async () => {
    const text =
      'x: float32[N, 1, 4, 4]; w = float32[1, 1, 3, 3] {...}; q = float32[5, 1, 1] {...}; c = Conv(x, w); y = Mul(c, q)';
    const result = await fused(convBatchNormalization, text);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain('q has 5 values for 1 channels');
  });
});

describe('real graphs', () => {
  const rest = { Flatten: 1 };
  test.each([
    ['fuse-conv-bn-no-bias.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-mul-no-bias.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-add-no-bias.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-add-mul-3d.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-add-mul-3d-2.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-bn-mul-add-unsqueeze-no-bias.onnx', { Conv: 1, ...rest }],
    ['fuse-conv-bn-add-mul-float16.onnx', { Conv: 1, Add: 1, Mul: 1 }],
    ['negative-fuse-conv-add-no-bias.onnx', { Conv: 1, Unsqueeze: 1, Add: 1, ...rest }],
  ])('%s', async (file, operators) => {
    const model = await fusionFile('fusion', file);
    if (!model) return;
    const result = await fused(convBatchNormalization, model);
    expect(result.operators).toEqual(operators);
    const tolerance = file.includes('float16') ? 2e-3 : result.tolerance;
    if (result.changes.length > 0) expect(await answersApart(result)).toBeLessThan(tolerance);
    else expect(result.skipped[0]?.reason).toContain('not constant');
  });
});
