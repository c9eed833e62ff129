import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { onlyUser, reluBound, targetsOf } from './targets.ts';

const of = (text: string, exclude: string[] = [], products = false) => {
  const draft = edit(model(text));
  const targets = targetsOf(draft, exclude, products);
  return { targets, reasons: draft.done().skipped.map(({ reason }) => reason), draft };
};

test('a constant Add is folded where rank 2 is certain, and not elsewhere', () => {
  const add = 'w = float32[8, 4]{...}; b = float32[4]{...}; h = MatMul(x, w); y = Add(b, h)';
  expect(of(`x: float32[N, 8]; ${add}`).targets[0]).toMatchObject({ kind: 'gemm', bias: 'b', plain: 'y' });
  expect(of(`x: float32[N, S, 8]; ${add}`).targets[0]).toMatchObject({ kind: 'matmul', bias: null, plain: 'h' });
  const seen = of(`x: float32[N, 8]; ${add}; z = Neg(h); -> y: float32[N, 4], z: float32[N, 4]`);
  expect(seen.targets[0]).toMatchObject({ kind: 'gemm', bias: null, plain: 'h' });
});

test('Gemm keeps a computed bias, or one of another shape, as an addition', () => {
  const text = 'x: float32[N, 8]; w = float32[8, 4]{...}';
  expect(of(`${text}; c: float32[4]; y = Gemm(x, w, c)`).targets[0]).toMatchObject({ bias: null, looseBias: 'c' });
  expect(of(`${text}; c = float32[1, 4]{...}; y = Gemm(x, w, c)`).targets[0]).toMatchObject({
    bias: 'c',
    looseBias: null,
  });
  expect(of(`${text}; c = float32[5, 4]{...}; y = Gemm(x, w, c)`).targets[0]).toMatchObject({ looseBias: 'c' });
  expect(of(`${text}; c = float32[5, 4]{...}; y = Gemm(x, w, c) {beta: 0.0}`).targets[0]).toMatchObject({
    bias: null,
    looseBias: null,
  });
});

test('a convolution folds an Add along its channels only', () => {
  const conv = 'x: float32[N, 3, 6, 6]; k = float32[4, 3, 3, 3]{...}; h = Conv(x, k)';
  expect(of(`${conv}; b = float32[4, 1, 1]{...}; y = Add(h, b)`).targets[0]).toMatchObject({ bias: 'b', plain: 'y' });
  expect(of(`${conv}; b = float32[4]{...}; y = Add(h, b)`).targets[0]).toMatchObject({ bias: null, plain: 'h' });
});

test('reasons', () => {
  const { targets, reasons } = of(
    `x: float32[N, 8]; k: float32[4, 3, 3, 3]; i: float32[N, 3, 6, 6]; w = float32[8, 8]{...}; v = float32[2, 8, 8]{...}
     a = MatMul(x, w) as "out"; b = MatMul(x, v); c = Conv(i, k); d = MatMul(w, w)
     -> a: float32[N, 8], b: float32[2, N, 8], c: float32[N, 4, 4, 4], d: float32[8, 8]`,
    ['out'],
  );
  expect(targets).toEqual([]);
  expect(reasons).toEqual([
    'excluded by the exclude option',
    'the weight has 3 dimensions, expected 2',
    'the kernel is computed at run time',
    'both operands are constants: fold them first (fuse/constant-folding)',
  ]);
});

test('products of two computed operands only when asked for', () => {
  const text = 'x: float32[N, 8]; z: float32[8, N]; y = MatMul(x, z)';
  expect(of(text).reasons).toEqual(['both operands are computed at run time']);
  expect(of(text, [], true).targets[0]).toMatchObject({ kind: 'product', inputs: ['x', 'z'], weight: null });
});

test('Relu, Clip from zero, and a value that one node uses once', () => {
  const { draft } = of(
    'x: float32[N]; zero = float32[]{0.0}; six = float32[]{6.0}; a = Relu(x); b = Clip(a, zero, six); c = Clip(b, six); d = Add(c, c); y = Neg(d)',
  );
  const bound = (name: string) => reluBound(draft, draft.producer(name)!);
  expect(['a', 'b', 'c', 'y'].map(bound)).toEqual([Number.POSITIVE_INFINITY, 6, null, null]);
  expect(onlyUser(draft, 'a')?.op).toBe('Clip');
  expect(onlyUser(draft, 'c')).toBeNull();
  expect(onlyUser(draft, 'y')).toBeNull();
});
