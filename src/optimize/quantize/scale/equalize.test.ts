import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import type { Model, Tensor } from '../../../contracts/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { context, input, model, operators, relativeError, run } from '../../testing/quantized.ts';
import { equalize, equalizingFactors, equalizingTriple, sharedEvery } from './equalize.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(equalize.id, equalize.options, raw);

/** Normal weights whose channels along an axis differ by up to 100 times. */
const uneven = (label: string, dims: readonly number[], axis: number): Tensor => {
  const random = seeded(5, label);
  const stride = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor(
    'float32',
    dims,
    Float32Array.from(
      { length: count },
      (_, i) => random.normal() * 10 ** ((Math.floor(i / stride) % dims[axis]!) % 3),
    ),
  );
};

const equalized = async (before: Model, dims: readonly number[], raw: Record<string, unknown> = {}) => {
  const world = await context();
  const result = await equalize.apply(before, options(raw), world);
  const feeds = { x: input(dims, 'c') };
  const [expected, actual] = [await run(world, before, feeds), await run(world, result.model, feeds)];
  return { ...result, error: relativeError(expected['y']!, actual['y']!) };
};

test('factors make both largest values the same', () => {
  const [one, two] = [Float32Array.of(8, 2, 0, 3), Float32Array.of(2, 8, 1, 0)];
  expect([...equalizingFactors(one, two)]).toEqual([2, 0.5, 1, 1]);
  const { before, behind } = equalizingTriple(Float32Array.of(8, 0), Float32Array.of(1, 1), Float32Array.of(1, 1));
  expect([...before]).toEqual([4, 1]);
  expect([...behind]).toEqual([2, 1]);
  expect([...sharedEvery(Float32Array.of(1, 5, 3, 2), 2)]).toEqual([3, 5, 3, 5]);
  // 8 / 4 = 2; 1 · 4 / 2 = 2; 1 · 2 = 2.
});

describe('quantize/equalize', () => {
  test('Gemm, Relu, Gemm', async () => {
    const { error, changes, skipped } = await equalized(
      model(
        `x: float32[N, 16]; v = float32[24, 16]{...}; b = float32[24]{...}; w = float32[24, 8]{...}
         h = Gemm(x, v, b) {transB: 1}; r = Relu(h); y = Gemm(r, w)`,
        { v: uneven('v', [24, 16], 0) },
      ),
      [5, 16],
    );
    expect(changes.length).toBeGreaterThan(0);
    expect(skipped.map(({ reason }) => reason)).toEqual(['its input is an input of the model']);
    expect(error).toBeLessThan(1e-5);
  });

  test('convolutions over PRelu and pooling, a depthwise triple, and the classifier', async () => {
    const { error, changes } = await equalized(
      model(
        `x: float32[N, 3, 12, 12]; k1 = float32[6, 3, 3, 3]{...}; c1 = float32[6]{...}; slope = float32[6, 1, 1]{...}
         k2 = float32[9, 6, 3, 3]{...}; k3 = float32[9, 1, 3, 3]{...}; c3 = float32[9]{...}; k4 = float32[4, 9, 1, 1]{...}; w = float32[4, 5]{...}
         a = Conv(x, k1, c1); p = PRelu(a, slope); m = MaxPool(p) {kernel_shape: [2, 2]}; b = Conv(m, k2); r = Relu(b)
         d = Conv(r, k3, c3) {group: 9, pads: [1, 1, 1, 1]}; l = LeakyRelu(d) {alpha: 0.1}; e = Conv(l, k4)
         g = GlobalAveragePool(e); f = Flatten(g); y = Gemm(f, w)`,
        { k1: uneven('k1', [6, 3, 3, 3], 0), k2: uneven('k2', [9, 6, 3, 3], 0), k4: uneven('k4', [4, 9, 1, 1], 0) },
      ),
      [2, 3, 12, 12],
    );
    const words = new Set(changes.map(({ what }) => what));
    expect(words.has('channels balanced with the depthwise layer and the one behind')).toBe(true);
    expect(words.has('output channels balanced with the layer behind')).toBe(true);
    expect(changes.flatMap(({ nodes }) => nodes)).toContain('y');
    expect(error).toBeLessThan(1e-4);
  });

  const attention = (merge: string) => `
    x: float32[2, 6, 32]; wq = float32[32, 32]{...}; bq = float32[32]{...}; wk = float32[32, 32]{...}; wv = float32[32, 32]{...}; bv = float32[32]{...}
    wo = float32[32, 32]{...}; split = int64[4]{2, 6, 4, 8}; join = int64[3]{2, 6, 32}; root = float32[]{2.8}
    q0 = MatMul(x, wq); q1 = Add(q0, bq); q2 = Reshape(q1, split); q3 = Transpose(q2) {perm: [0, 2, 1, 3]}; q = Div(q3, root)
    k0 = MatMul(x, wk); k2 = Reshape(k0, split); k = Transpose(k2) {perm: [0, 2, 3, 1]}
    v0 = MatMul(x, wv); v1 = Add(bv, v0); v2 = Reshape(v1, split); v = Transpose(v2) {perm: [0, 2, 1, 3]}
    s = MatMul(q, k); p = Softmax(s) {axis: -1}; c = MatMul(p, v); t = Transpose(c) {perm: ${merge}}; m = Reshape(t, join); y = MatMul(m, wo)`;

  test('attention: queries with keys, values with the output projection', async () => {
    const before = model(attention('[0, 2, 1, 3]'), {
      wq: uneven('wq', [32, 32], 1),
      wv: uneven('wv', [32, 32], 1),
    });
    const { error, changes, model: after } = await equalized(before, [2, 6, 32]);
    const words = new Set(changes.map(({ what }) => what));
    expect(words).toEqual(
      new Set(['query channels balanced with the keys', 'value channels balanced with the output projection']),
    );
    expect(operators(after)).toEqual(operators(before));
    expect(error).toBeLessThan(1e-4);
  });

  test('an unknown number of heads: factors that all heads share', async () => {
    const before = model(
      attention('[0, 2, 1, 3]')
        .replaceAll('{2, 6, 4, 8}', '{2, 6, -1, 8}')
        .replace('x: float32[2, 6, 32]', 'x: float32[B, S, 32]'),
      { wq: uneven('wq', [32, 32], 1), wv: uneven('wv', [32, 32], 1) },
    );
    const { error, changes, model: after } = await equalized(before, [2, 6, 32]);
    expect(new Set(changes.map(({ what }) => what)).size).toBe(2);
    expect(operators(after)).toEqual(operators(before));
    expect(error).toBeLessThan(1e-4);
  });

  test('attention whose heads are merged in another order is left alone', async () => {
    const { changes } = await equalized(
      model(attention('[0, 1, 2, 3]'), { wv: uneven('wv', [32, 32], 1) }),
      [2, 6, 32],
    );
    expect(changes.some(({ what }) => what.startsWith('value'))).toBe(false);
  });

  test('never across Gelu, beside a residual, with tied or NaN weights; the reasons are told', async () => {
    const { changes, skipped } = await equalized(
      model(
        `x: float32[N, 4, 8]; a = float32[8, 8]{...}; b = float32[8, 8]{...}; c = float32[8, 8]{...}; two = float32[]{1.4}; one = float32[]{1.0}; bad = float32[8, 8]{...}
         h = MatMul(x, a); d = Div(h, two); e = Erf(d); f = Add(e, one); g = Mul(h, f); i = MatMul(g, b)
         j = MatMul(i, c); k = MatMul(j, c); r = Add(k, j); y = MatMul(r, b); u = MatMul(k, bad)
         -> y: float32[N, 4, 8], u: float32[N, 4, 8]`,
        { bad: tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN)) },
      ),
      [3, 4, 8],
    );
    expect(changes).toEqual([]);
    const reasons = new Map(skipped.map(({ reason, nodes }) => [nodes[0], reason]));
    expect(reasons.get('i')).toContain('Gelu (Erf)');
    expect(reasons.get('j')).toContain('stored twice');
    expect(reasons.get('k')).toContain('other users');
    expect(reasons.get('u')).toContain('other users');
  });

  test('exclusions and what is balanced already', async () => {
    const text = 'x: float32[N, 8]; a = float32[8, 8]{...}; b = float32[8, 8]{...}; h = MatMul(x, a); y = MatMul(h, b)';
    const out = await equalized(model(text), [2, 8], { exclude: ['h'] });
    expect(out.skipped.map(({ reason }) => reason)).toContain('excluded by the exclude option');
    const ones = tensor('float32', [8, 8], new Float32Array(64).fill(1));
    const { changes, skipped } = await equalized(model(text, { a: ones, b: ones }), [2, 8]);
    expect(changes).toEqual([]);
    expect(skipped.at(-1)?.reason).toBe('its channels are balanced already');
    const nan = tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN));
    const bad = await equalized(model(text, { a: nan }), [2, 8]);
    expect(bad.skipped.at(-1)?.reason).toBe('a weight holds NaN or infinity');
  });
});
