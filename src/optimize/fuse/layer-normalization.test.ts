import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { layerNormalization } from './layer-normalization.ts';

const constants =
  'two = float32[] {2.0}; three = float32[] {3.0}; eps = float32[] {0.00001}; one = float32[] {1.0}; minus = float32[1] {-0.5}; axis = int64[1] {-1}; g = float32[8] {...}; b = float32[8] {...}';
const run = (text: string, opset = 17) =>
  fused(layerNormalization, `opset ${opset}; x: float32[N, S, 8]; ${constants}; ${text}`);
const body = (text: string) => text.split('; ').at(-1);

const mean = 'm = ReduceMean(x) {axes: [-1]}; d = Sub(x, m)';
const variance = 'q = Pow(d, two); v0 = ReduceMean(q) {axes: [-1]}; v = Add(v0, eps)';
const head = `${mean}; ${variance}; r = Sqrt(v)`;
const norm = 'y = LayerNormalization(x, g, b) {axis: -1, epsilon: 0.00001}';

describe('layer normalization', () => {
  test.each([
    `${head}; n = Div(d, r); s = Mul(n, g); y = Add(s, b)`,
    `${head}; n = Div(d, r); s = Mul(g, n); y = Add(b, s)`,
    `${mean}; q = Mul(d, d); v0 = ReduceMean(q) {axes: [2]}; v = Add(eps, v0); r = Sqrt(v); n = Div(d, r); s = Mul(n, g); y = Add(s, b)`,
    `${mean}; d2 = Sub(x, m); q = Pow(d2, two); v0 = ReduceMean(q) {axes: [-1]}; v = Add(v0, eps); r = Sqrt(v); n = Div(d, r); s = Mul(n, g); y = Add(s, b)`,
    `${mean}; c = Cast(d) {to: 1}; q = Pow(c, two); v0 = ReduceMean(q) {axes: [-1]}; v = Add(v0, eps); r = Sqrt(v); n = Div(d, r); s = Mul(n, g); y = Add(s, b)`,
    `${head}; i = Reciprocal(r); n = Mul(d, i); s = Mul(n, g); y = Add(s, b)`,
    `${mean}; ${variance}; i = Pow(v, minus); n = Mul(i, d); s = Mul(n, g); y = Add(s, b)`,
    `${head}; i = Reciprocal(r); k = Mul(i, g); xs = Mul(x, k); ms = Mul(m, k); o = Sub(b, ms); y = Add(xs, o)`,
    `${head.replace('Sub(x, m)', 'Sub(m, x)')}; i = Reciprocal(r); k = Mul(i, g); xs = Mul(x, k); ms = Mul(m, k); o = Sub(b, ms); y = Add(xs, o)`,
  ])('%s', async (text) => {
    const result = await run(text);
    expect(body(result.text)).toBe(norm);
    expect(result.changes).toEqual([{ what: 'layer normalization written out', nodes: expect.anything() }]);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('axes as an input, without scale or shift', async () => {
    const text = `m = ReduceMean(x, axis); d = Sub(x, m); q = Pow(d, two); v0 = ReduceMean(q, axis); v = Add(v0, eps); r = Sqrt(v); y = Div(d, r)`;
    const bare = await run(text, 18);
    expect(bare.operators).toEqual({ LayerNormalization: 1 });
    expect(await answersApart(bare)).toBeLessThan(1e-5);
    const scaled = await run(`${text.replace('y =', 'n =')}; y = Mul(n, g)`, 18);
    expect(body(scaled.text)).toBe('y = LayerNormalization(x, g) {axis: -1, epsilon: 0.00001}');
    expect(await answersApart(scaled)).toBeLessThan(1e-5);
  });

  test('a residual behind it is no shift', async () => {
    const result = await run(`${head}; n = Div(d, r); s = Mul(n, g); y = Add(s, x)`);
    expect(result.text).toContain('s = LayerNormalization(x, g)');
    expect(body(result.text)).toBe('y = Add(s, x)');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test.each([
    ['a value that callers ask for', `${head}; n = Div(d, r); s = Mul(n, g); y = Add(s, b); -> y, n`],
    ['a scale of another size', `w = float32[1] {2.0}; ${head}; n = Div(d, r); s = Mul(n, w); y = Add(s, b)`],
  ])('%s leaves the inner part to fuse', async (_, text) => {
    const result = await run(text);
    expect(result.operators).toEqual({ LayerNormalization: 1, Mul: 1, Add: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('before operator set 17 as ONNX Runtime has it', async () => {
    const result = await run(`${head}; n = Div(d, r); s = Mul(n, g); y = Add(s, b)`, 11);
    expect(body(result.text)).toBe(norm);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('in a body', async () => {
    const inner = `two = float32[] {2.0}; eps = float32[] {0.00001}; x = Relu(v1); ${head}; y = Div(d, r); -> y: float32[2, 8]`;
    const text = `n = int64[] {2}; yes = bool[] {1}; x0: float32[2, 8]; z = Loop(n, yes, x0) {body: graph "turn" { i: int64[]; go: bool[]; v1: float32[2, 8]; w = float32[8, 8] {1.0}; on = Identity(go); ${inner.replace('-> y', '-> on: bool[], y')} } }; -> z: float32[2, 8]`;
    const result = await fused(layerNormalization, text.replace('w = float32[8, 8] {1.0}; ', ''));
    // What a body is handed has no certain shape, so the axis length that ones would need is not known.
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain('the length of the last axis is not known');
  });
});

describe('root mean square normalization', () => {
  const square = 'q = Pow(x, two); v0 = ReduceMean(q) {axes: [-1]}; v = Add(v0, eps)';
  const forms = [
    `${square}; r = Sqrt(v); n = Div(x, r); y = Mul(g, n)`,
    `${square}; r = Sqrt(v); i = Reciprocal(r); n = Mul(x, i); y = Mul(g, n)`,
    `${square}; r = Sqrt(v); i = Div(one, r); n = Mul(x, i); y = Mul(n, g)`,
    `${square}; i = Pow(v, minus); n = Mul(x, i); y = Mul(n, g)`,
    `${square.replace('Pow(x, two)', 'Mul(x, x)')}; r = Sqrt(v); i = Reciprocal(r); n = Mul(i, x); y = Mul(g, n)`,
  ];
  test.each(forms)('%s', async (text) => {
    const result = await run(text);
    expect(body(result.text)).toBe('y = SimplifiedLayerNormalization(x, g) {axis: -1, epsilon: 0.00001}');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('the standard operator where the operator set has it', async () => {
    const text = `m = Mul(x, x); v0 = ReduceMean(m, axis); v = Add(v0, eps); r = Sqrt(v); n = Div(x, r); y = Mul(g, n)`;
    const result = await run(text, 23);
    expect(body(result.text)).toBe('y = RMSNormalization(x, g) {axis: -1, epsilon: 0.00001}');
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test('between Casts the normalization alone', async () => {
    const half = 'g = float16[2] {blob "ADwAPA=="}; x: float16[N, 2]; two = float32[] {2.0}; eps = float32[] {0.00001}';
    const text = `${half}; c = Cast(x) {to: 1}; q = Pow(c, two); v0 = ReduceMean(q) {axes: [-1]}; v = Add(v0, eps); r = Sqrt(v); n = Div(c, r); h = Cast(n) {to: 10}; y = Mul(g, h)`;
    const result = await fused(layerNormalization, text);
    expect(result.operators).toEqual({ Cast: 2, SimplifiedLayerNormalization: 1, Mul: 1 });
    expect(await answersApart(result)).toBeLessThan(1e-3);
  });
});

describe('near misses say what broke them', () => {
  const end = 'n = Div(d, r); s = Mul(n, g); y = Add(s, b)';
  test.each([
    [`${head.replace('two', 'three')}; ${end}`, 'the exponent of the square is 3, expected 2'],
    [`${head}; ${end}; u = Neg(r); -> y, u`, 'the value r is also used by u'],
    [`${head.replaceAll('axes: [-1]', 'axes: [1]')}; ${end}`, 'is not known to be taken over the last axis alone'],
    [`${head.replaceAll(' {axes: [-1]}', '')}; ${end}`, 'is not known to be taken over the last axis alone'],
    [
      `${mean}; ${variance.replace('axes: [-1]', 'axes: [-1], keepdims: 0')}; r = Sqrt(v); ${end}`,
      'does not keep the axis',
    ],
    [`${head.replace('eps)', 'open)')}; open: float32[]; ${end}`, 'the epsilon is not one constant number'],
    [`${head.replace('Sub(x, m)', 'Sub(z, m)')}; ${end}`, 'expected z'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.skipped.map((one) => one.reason).join('\n')).toContain(reason);
  });
});

describe('real graphs', () => {
  test('layer_norm.onnx', async () => {
    const model = await fusionFile('fusion', 'layer_norm.onnx');
    if (!model) return;
    const result = await fused(layerNormalization, model);
    expect(result.operators).toEqual({ LayerNormalization: 1 });
    expect(await answersApart(result)).toBeLessThan(result.tolerance);
  });

  test.each(['layer_norm_sub_dup.onnx', 'skip_layer_norm.onnx'])('%s normalizes over all axes', async (file) => {
    const model = await fusionFile('fusion', file);
    if (!model) return;
    const result = await fused(layerNormalization, model);
    expect(result.changes).toEqual([]);
    expect(result.skipped.length).toBeGreaterThan(0);
  });
});
