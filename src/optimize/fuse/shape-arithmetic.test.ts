import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { shapeArithmetic } from './shape-arithmetic.ts';

const run = (text: string) => fused(shapeArithmetic, text);
const sizes =
  'zero = int64[] {0}; one = int64[] {1}; axis = int64[1] {0}; heads = int64[2] {4, 4}; rest = int64[1] {-1}; ' +
  'shape = Shape(x); b0 = Gather(shape, zero); b = Unsqueeze(b0, axis); s0 = Gather(shape, one); s = Unsqueeze(s0, axis)';

describe('a computed shape becomes a constant', () => {
  test.each([
    ['x: float32[N, S, 16]', 'c = Concat(b, s, heads) {axis: 0}; y = Reshape(x, c)', '{0, 0, 4, 4}'],
    ['x: float32[N, S, 4, 4]', 'c = Concat(b, s, rest) {axis: 0}; y = Reshape(x, c)', '{0, 0, -1}'],
    ['x: float32[N, S, 4, 4]', 'c = Concat(b, rest) {axis: 0}; y = Reshape(x, c) {allowzero: 1}', '{0, -1}'],
    ['x: float32[N, 6]', 'm = int64[2] {2, 3}; c = Concat(b, m) {axis: 0}; y = Reshape(x, c)', '{0, 2, 3}'],
  ])('%s; %s', async (input, text, expected) => {
    const result = await run(`${input}; ${sizes}; ${text}; -> y`);
    expect(result.changes.length).toBeGreaterThan(0);
    expect(result.text).toContain(expected);
    expect(result.operators).toEqual({ Reshape: 1 });
    expect(await answersApart(result, 2)).toBe(0);
  });

  test('also where the sizes are used elsewhere, and without names for them', async () => {
    const text = `x: float32[?, ?, 16]; ${sizes}; c = Concat(b, s, heads) {axis: 0}; y = Reshape(x, c); z = Cast(s) {to: 1}`;
    const result = await run(text);
    expect(result.text).toContain('{0, 0, 4, 4}');
    expect(result.operators).toMatchObject({ Shape: 1, Gather: 1, Cast: 1 });
    expect(await answersApart(result)).toBe(0);
  });
});

describe('what stays, and why', () => {
  test.each([
    ['x: float32[N, S, 16]; c: int64[1]; d = Concat(c) {axis: 0}; y = Reshape(x, d)', 'is not certain'],
    // Sizes that change places.
    [`x: float32[N, S, 16]; ${sizes}; c = Concat(s, b, heads) {axis: 0}; y = Reshape(x, c)`, 'is not certain'],
    // One size is open and another is copied: −1 would fail where the copied one is 0.
    [
      `x: float32[N, S, 16]; o: int64[1]; ${sizes}; c = Concat(b, o, heads) {axis: 0}; y = Reshape(x, c)`,
      'is not certain',
    ],
    ['x: float32[N, 16]; p = int64[2] {-1, 8}; y = Reshape(x, p)', 'no Reshape computes its shape'],
    ['y = Relu(x)', 'the graph has no Reshape'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain(reason);
    expect(result.model).toBe(result.before);
  });
});

describe('real graphs', () => {
  test.each([
    ['reshape.onnx', { Add: 1, Reshape: 1 }],
    ['reshape_one_const.onnx', { Transpose: 1, Reshape: 1 }],
    ['reshape_fusion_multiple_values_in_initializer_tensor_2.onnx', { Reshape: 1 }],
    ['reshape_fusion_with_graph_inputs.onnx', { Reshape: 1 }],
    ['reshape_fusion_internal_node_is_graph_output.onnx', { Shape: 1, Gather: 1, Reshape: 1 }],
    ['reshape_fusion_overridable_initializer.onnx', { Concat: 1, Reshape: 1 }],
  ])('%s', async (file, operators) => {
    const model = await fusionFile('fusion', file);
    if (!model) return;
    const result = await fused(shapeArithmetic, model);
    expect(result.operators).toEqual(operators);
    if (result.changes.length > 0) expect(await answersApart(result)).toBe(0);
  });
});
