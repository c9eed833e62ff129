import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { layerNormalization } from './layer-normalization.ts';
import { skipLayerNormalization } from './skip-layer-normalization.ts';

const head =
  'x: float32[N, S, 8]; z: float32[N, S, 8]; g = float32[8] {...}; b = float32[8] {...}; bias = float32[8] {...}';
const run = (text: string) => fused(skipLayerNormalization, `${head}; ${text}`);
const body = (text: string) => text.split('; ').at(-1);
const norm = 'y = LayerNormalization(s, g, b) {epsilon: 0.001}';
const attributes = '{epsilon: 0.001}';

describe('a sum joins its normalization', () => {
  test.each([
    [`s = Add(x, z); ${norm}`, `y = com.microsoft.SkipLayerNormalization(x, z, g, b) ${attributes}`],
    [
      `s = Add(x, z); y = LayerNormalization(s, g) {axis: 2, epsilon: 0.001}`,
      `y = com.microsoft.SkipLayerNormalization(x, z, g) ${attributes}`,
    ],
    [
      `h = Add(x, bias); s = Add(h, z); ${norm}`,
      `y = com.microsoft.SkipLayerNormalization(x, z, g, b, bias) ${attributes}`,
    ],
    [
      `h = Add(bias, x); s = Add(z, h); ${norm}`,
      `y = com.microsoft.SkipLayerNormalization(x, z, g, b, bias) ${attributes}`,
    ],
    [
      `h = Add(x, bias); s = Add(h, z); y = SimplifiedLayerNormalization(s, g) ${attributes}`,
      `y = com.microsoft.SkipSimplifiedLayerNormalization(x, z, g, bias) ${attributes}`,
    ],
    [
      `opset 23; s = Add(x, z); y = RMSNormalization(s, g) ${attributes}`,
      `y = com.microsoft.SkipSimplifiedLayerNormalization(x, z, g) ${attributes}`,
    ],
  ])('%s', async (text, expected) => {
    const opset = /opset \d+; /.exec(text)?.[0] ?? '';
    const result = await fused(skipLayerNormalization, `${opset}${head}; ${text.replace(opset, '')}`);
    expect(body(result.text)).toBe(expected);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('a sum of sums without a bias keeps the inner sum', async () => {
    const result = await run(`h = Add(x, x); s = Add(h, z); ${norm}`);
    expect(body(result.text)).toBe(`y = com.microsoft.SkipLayerNormalization(h, z, g, b) ${attributes}`);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('a sum that is used elsewhere comes out beside', async () => {
    const result = await run(
      `s = Add(x, z); n = LayerNormalization(s, g, b); r = Relu(n); t = Add(s, r); n2 = LayerNormalization(t, g, b); u = Neg(t); y = Sub(n2, u)`,
    );
    expect(result.operators).toEqual({ SkipLayerNormalization: 2, Relu: 1, Neg: 1, Sub: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('a body that uses the sum gets it', async () => {
    const result = await run(
      `c: bool[]; s = Add(x, z); ${norm.replace('y =', 'n =')}; o = If(c) {then_branch: graph "t" { t = Neg(s); -> t: float32[N, S, 8] }, else_branch: graph "e" { e = Abs(s); -> e: float32[N, S, 8] }}; y = Add(n, o); -> y: float32[N, S, 8]`,
    );
    expect(result.operators).toEqual({ SkipLayerNormalization: 1, If: 1, Add: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });
});

describe('what stays, and why', () => {
  test.each([
    [`s = Add(x, b); ${norm}`, 'b may be spread to the shape of the sum s'],
    [`v: float32[S, 8]; s = Add(x, v); ${norm}`, 'v may be spread to the shape of the sum s'],
    [`s = Add(x, z); ${norm}; -> y, s`, 'the sum s is also an output of the graph'],
    [`h = my.Any(x); s = Add(h, z); ${norm}`, /is not known|may be spread/],
    [
      `s = Add(x, z); c = ReduceMax(s) {axes: [0, 1], keepdims: 0}; y = LayerNormalization(s, c, b)`,
      /gamma \(c\) is computed/,
    ],
    [`w: float32[1, 2, S, 8]; s = Add(w, w); ${norm}`, 'has 4 dimensions, the operator takes 2 or 3'],
    [
      `s = Add(x, z); w = float32[S8] {1.0}; y = LayerNormalization(s, g, b) {axis: 1}`.replace(
        'w = float32[S8] {1.0}; ',
        '',
      ),
      'more axes than the last',
    ],
    [`s = Sub(x, z); ${norm}`, 'no normalization follows a sum'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toMatch(reason);
  });

  test('without a normalization', async () => {
    expect((await run('y = Add(x, z)')).skipped[0]?.reason).toContain('run fuse/layer-normalization first');
  });
});

describe('real graphs', () => {
  test.each([
    ['skip_layer_norm_format1.onnx', { SkipLayerNormalization: 1 }],
    ['skip_layer_norm_format2.onnx', { SkipLayerNormalization: 1 }],
    ['skip_layer_norm_format3.onnx', { SkipLayerNormalization: 1 }],
    // A dead Neg uses the inner sum, which changes nothing.
    ['skip_layer_norm_format1_partial.onnx', { SkipLayerNormalization: 1 }],
    ['skip_layer_norm_format2_partial.onnx', { SkipLayerNormalization: 1 }],
    ['skip_layer_norm_format3_no_fusion.onnx', { SkipLayerNormalization: 1 }],
    ['skip_layer_norm_input_output_check.onnx', { MatMul: 1, SkipLayerNormalization: 1 }],
  ])('%s', async (file, operators) => {
    const before = await fusionFile('fusion', file);
    if (!before) return;
    const normalized = await fused(layerNormalization, before);
    const result = await fused(skipLayerNormalization, normalized.model);
    expect(result.operators).toEqual(operators);
    expect(await answersApart({ before, model: result.model })).toBeLessThan(result.tolerance);
  });
});
