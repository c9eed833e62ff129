import { describe, expect, test } from 'vitest';
import { answersApart, fused, fusionFile } from '../testing/fused.ts';
import { gemm } from './gemm.ts';

const head = 'x: float32[N, 4]; w = float32[4, 3] {...}; wt = float32[3, 4] {...}; b = float32[3] {...}';
const run = (text: string, opset = 17) => fused(gemm, `opset ${opset}; ${head}; ${text}`);
const body = (text: string) => text.split('; ').at(-1);

describe('MatMul and Add', () => {
  test.each([
    ['m = MatMul(x, w); y = Add(m, b)', 'y = Gemm(x, w, b)'],
    ['m = MatMul(x, w); y = Add(b, m)', 'y = Gemm(x, w, b)'],
    ['c = float32[] {1.5}; m = MatMul(x, w); y = Add(m, c)', 'y = Gemm(x, w, c)'],
    ['c = float32[1, 3] {...}; m = MatMul(x, w); y = Add(m, c)', 'y = Gemm(x, w, c)'],
    ['c: float32[N, 1]; m = MatMul(x, w); y = Add(m, c)', 'y = Gemm(x, w, c)'],
    ['m = MatMul(x, w); n = MatMul(x, w); y = Add(m, n)', 'y = Gemm(x, w, n)'],
    ['t = Transpose(wt) {perm: [1, 0]}; m = MatMul(x, t); y = Add(m, b)', 'y = Gemm(x, wt, b) {transB: 1}'],
  ])('%s', async (text, expected) => {
    const result = await run(text);
    expect(body(result.text)).toBe(expected);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });
});

describe('Transpose', () => {
  test.each([
    ['t = Transpose(wt); y = MatMul(x, t)', 'y = Gemm(x, wt) {transB: 1}'],
    [
      'z: float32[4, N]; t = Transpose(z) {perm: [1, 0]}; y = Gemm(t, w, b) {alpha: 0.5}',
      'y = Gemm(z, w, b) {alpha: 0.5, transA: 1}',
    ],
    ['t = Transpose(w); y = Gemm(x, t, b) {transB: 1}', 'y = Gemm(x, w, b) {transB: 0}'],
    [
      'z: float32[4, N]; t = Transpose(z); u = Transpose(wt); y = MatMul(t, u)',
      'y = Gemm(z, wt) {transA: 1, transB: 1}',
    ],
  ])('%s', async (text, expected) => {
    const result = await run(text);
    expect(body(result.text)).toBe(expected);
    expect(await answersApart(result)).toBeLessThan(1e-5);
  });
});

describe('what stays, and why', () => {
  test.each([
    ['z: float32[N, 2, 4]; m = MatMul(z, w); y = Add(m, b)', 'no product of two matrices'],
    ['z: float32[4]; m = MatMul(z, w); y = Add(m, b)', 'no product of two matrices'],
    ['z = my.Any(x); m = MatMul(z, w); y = Add(m, b)', 'the shape of z is not known'],
    ['c: float32[5, N, 3]; m = MatMul(x, w); y = Add(m, c)', 'may have another shape'],
    ['c: float32[M, 3]; m = MatMul(x, w); y = Add(m, c)', 'may have another shape'],
    ['m = MatMul(x, w); y = Add(m, b); -> y, m', 'no product of two matrices'],
    ['i = int64[3] {1, 2, 3}; m = MatMul(x, w); y = Add(m, i)', 'i is int64, which has no fused operator'],
    ['h: float16[3]; m = MatMul(x, w); y = Add(m, h)', 'x and h have different types'],
    ['t = Transpose(wt); y = MatMul(x, t); z = Neg(t); -> y, z', 'the value t is also used by z'],
    ['t = Transpose(wt) {perm: [0, 1]}; y = Gemm(x, t, b) {transB: 1}', 'no product of two matrices'],
  ])('%s', async (text, reason) => {
    const result = await run(text);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain(reason);
  });

  test('operator sets whose Gemm cannot do it', async () => {
    expect((await run('m = MatMul(x, w); y = Add(m, b)', 6)).skipped[0]?.reason).toContain('does not spread');
    expect((await run('t = Transpose(wt); y = MatMul(x, t)', 9)).skipped[0]?.reason).toContain('needs a third input');
    expect((await run('y = Relu(x)')).skipped[0]?.reason).toContain('no MatMul');
  });
});

describe('real graphs', () => {
  test.each([
    ['2Input/model.onnx', { Gemm: 1 }],
    ['3Input/model.onnx', { Gemm: 1 }],
    ['3Input/neg_model.onnx', { MatMul: 1, Add: 1 }],
    ['matmul_add_not_broadcastable.onnx', { MatMul: 1, Mul: 1, Add: 1 }],
  ])('%s', async (file, operators) => {
    const model = await fusionFile('matmul_add_fusion', ...file.split('/'));
    if (!model) return;
    const result = await fused(gemm, model);
    expect(result.operators).toEqual(operators);
    expect(await answersApart(result)).toBeLessThan(result.tolerance);
  });
});
