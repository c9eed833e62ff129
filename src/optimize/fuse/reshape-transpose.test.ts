import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { reshapeTranspose } from './reshape-transpose.ts';

const run = (text: string, raw = {}) => fused(reshapeTranspose, text, raw);
const body = (text: string) => text.split('; ').at(-1);

describe('reshapes that follow each other', () => {
  test.each([
    [
      'x: float32[N, S, 16]; p = int64[3] {-1, 4, 4}; q = int64[2] {-1, 8}; a = Reshape(x, p); b = Reshape(a, q); y = Relu(b)',
      [-1, 8],
    ],
    [
      'x: float32[N, S, 16]; p = int64[4] {0, 0, 4, 4}; i = int64[1] {1}; a = Reshape(x, p); b = Unsqueeze(a, i); y = Relu(b)',
      null,
    ],
    ['x: float32[2, 3, 4]; i = int64[1] {0}; a = Unsqueeze(x, i); b = Flatten(a) {axis: 3}; y = Relu(b)', [6, 4]],
    [
      'x: float32[N, 1, 4]; i = int64[1] {1}; j = int64[1] {2}; a = Squeeze(x, i); b = Unsqueeze(a, j); y = Relu(b)',
      [0, 4, 1],
    ],
    ['x: float32[N, 12]; a = Flatten(x); p = int64[3] {0, 3, 4}; b = Reshape(a, p); y = Relu(b)', [0, 3, 4]],
  ])('%s', async (text, shape) => {
    const result = await run(text);
    if (shape === null) {
      expect(result.changes).toEqual([]);
      expect(result.skipped[0]?.reason).toContain('not certain enough for one Reshape');
      return;
    }
    expect(result.operators).toEqual({ Reshape: 1, Relu: 1 });
    expect(result.text).toContain(`{${shape.join(', ')}}`);
    expect(await answersApart(result)).toBe(0);
  });

  test('back to where they started: none is left', async () => {
    const text =
      'x: float32[N, 16]; p = int64[3] {-1, 4, 4}; q = int64[2] {-1, 16}; a = Reshape(x, p); b = Reshape(a, q); y = Relu(b)';
    expect(body((await run(text)).text)).toBe('y = Relu(x)');
    const named = await run(text.replace('b = Reshape(a, q); y = Relu(b)', 'y = Reshape(a, q)'));
    expect(body(named.text)).toBe('y = Identity(x)');
    expect(await answersApart(named)).toBe(0);
  });

  test('a long chain', async () => {
    const lines = ['x: float32[N, 16]; p = int64[3] {-1, 4, 4}; q = int64[2] {-1, 8}; v0 = Reshape(x, p)'];
    for (let i = 1; i < 40; i++) lines.push(`v${i} = Reshape(v${i - 1}, ${i % 2 === 0 ? 'p' : 'q'})`);
    lines.push('y = Relu(v39)');
    const result = await run(lines.join('; '));
    expect(result.operators).toEqual({ Reshape: 1, Relu: 1 });
    expect(await answersApart(result)).toBe(0);
  });
});

describe('transposes that follow each other', () => {
  test.each([
    ['a = Transpose(x) {perm: [0, 2, 1]}; b = Transpose(a) {perm: [0, 2, 1]}; y = Relu(b)', 'y = Relu(x)'],
    [
      'a = Transpose(x) {perm: [2, 0, 1]}; b = Transpose(a) {perm: [1, 0, 2]}; y = Relu(b)',
      'b = Transpose(x) {perm: [0, 2, 1]}; y = Relu(b)',
    ],
    ['a = Transpose(x); b = Transpose(a); y = Relu(b)', 'y = Relu(x)'],
    ['a = Transpose(x) {perm: [0, 2, 1]}; y = Transpose(a) {perm: [0, 2, 1]}', 'y = Identity(x)'],
  ])('%s', async (text, expected) => {
    const result = await run(`x: float32[2, N, 4]; ${text}`);
    expect(result.text.endsWith(`; ${expected}`)).toBe(true);
    expect(await answersApart(result)).toBe(0);
  });

  test('the first one may be used elsewhere', async () => {
    const result = await run('x: float32[2, N, 4]; a = Transpose(x); b = Transpose(a); y = Relu(b); z = Neg(a)');
    expect(result.operators).toEqual({ Transpose: 1, Relu: 1, Neg: 1 });
    expect(await answersApart(result)).toBe(0);
  });
});

describe('Transpose in front of MatMul', () => {
  const head = 'x: float32[2, 3, 4]; z: float32[2, 5, 4]; ';
  test.each([
    ['t = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(x, t)', 'y = com.microsoft.FusedMatMul(x, z) {transB: 1}'],
    [
      't = Transpose(x) {perm: [0, 2, 1]}; u = Transpose(t) {perm: [0, 2, 1]}; v = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(u, v)',
      'y = com.microsoft.FusedMatMul(x, z) {transB: 1}',
    ],
    [
      'w: float32[2, 4, 3]; t = Transpose(w) {perm: [0, 2, 1]}; u = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(t, u)',
      'y = com.microsoft.FusedMatMul(w, z) {transA: 1, transB: 1}',
    ],
  ])('%s', async (text, expected) => {
    const result = await run(head + text);
    expect(body(result.text)).toBe(expected);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });

  test.each([
    ['t = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(x, t); n = Neg(t); -> y, n', 'the value t is also used by n'],
    ['w: float32[4, 5, 2]; t = Transpose(w) {perm: [2, 0, 1]}; y = MatMul(x, t)', 'no two of them follow each other'],
    ['v: float32[4]; t = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(v, t)', 'not known to be matrices'],
  ])('%s stays', async (text, reason) => {
    const result = await run(head + text);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain(reason);
  });

  test('only when asked', async () => {
    const result = await run(`${head}t = Transpose(z) {perm: [0, 2, 1]}; y = MatMul(x, t)`, { fusedMatMul: false });
    expect(result.changes).toEqual([]);
  });
});

test('says when there is nothing to look at', async () => {
  expect((await run('y = Relu(x)')).skipped[0]?.reason).toContain('the graph has no Reshape');
});

describe('real graphs', () => {
  test.each([
    ['transpose_matmul_4d_fusion.onnx', { FusedMatMul: 1 }],
    ['transpose_matmul_4d_fusion_2_transpose.onnx', { FusedMatMul: 1 }],
    ['transpose_matmul_4d_fusion_3_transpose.onnx', { FusedMatMul: 1 }],
    ['transpose_matmul_4d_fusion_invalid_perm.onnx', { Transpose: 1, MatMul: 1 }],
  ])('%s', async (file, operators) => {
    const model = await fusionFile('fusion', file);
    if (!model) return;
    const result = await fused(reshapeTranspose, model);
    expect(result.operators).toEqual(operators);
    expect(await answersApart(result)).toBeLessThan(result.tolerance);
  });
});
