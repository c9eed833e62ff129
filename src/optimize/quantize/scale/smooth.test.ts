import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import type { Feeds, Model, Tensor } from '../../../contracts/index.ts';
import { tensor } from '../../../model/tensor/index.ts';
import { context, input, model, normal, operators, relativeError, run } from '../../testing/quantized.ts';
import { dynamic } from '../dynamic.ts';
import { smooth } from './smooth.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(smooth.id, smooth.options, raw);
const calibrated = (...batches: Feeds[]) =>
  context(async function* () {
    yield* batches;
  });

/** One channel in eight is 40 times as large as the others. */
const gamma = (width: number): Tensor =>
  tensor(
    'float32',
    [width],
    Float32Array.from({ length: width }, (_, i) => (i % 8 === 3 ? 40 : 1)),
  );

const smoothed = async (before: Model, dims: readonly number[], raw: Record<string, unknown> = {}) => {
  const world = await calibrated({ x: input(dims, 'a') }, { x: input(dims, 'b') });
  const result = await smooth.apply(before, options(raw), world);
  const feeds = { x: input(dims, 'c') };
  const expected = (await run(world, before, feeds))['y']!;
  const error = relativeError(expected, (await run(world, result.model, feeds))['y']!);
  const int8 = async (subject: Model): Promise<number> => {
    const made = await dynamic.apply(subject, parseOptions(dynamic.id, dynamic.options, { bits: '7' }), world);
    return relativeError(expected, (await run(world, made.model, feeds))['y']!);
  };
  return { ...result, error, int8 };
};

const qkv = `x: float32[B, S, 32]; g = float32[32]{...}; b = float32[32]{...}; wq = float32[32, 32]{...}; wk = float32[32, 32]{...}
  n = LayerNormalization(x, g, b) {axis: -1}; q = MatMul(n, wq); k = MatMul(n, wk); y = Add(q, k)`;

describe('quantize/smooth', () => {
  test('a normalization takes the factors of all its readers, and int8 loses less', async () => {
    const before = model(qkv, { g: gamma(32) });
    const { model: after, error, int8, changes, skipped } = await smoothed(before, [2, 16, 32]);
    expect(error).toBeLessThan(1e-5);
    expect(operators(after)).toEqual(operators(before));
    expect(changes.length).toBe(4);
    expect(skipped).toEqual([]);
    expect((await int8(after)) / (await int8(before))).toBeLessThan(0.8);
  });

  test.each([
    ['decomposed', 'm = Mul(x, g); n = Add(m, b)'],
    ['an addition first', 'm = Mul(g, x); n = Add(b, m)'],
    ['a product', 'p = MatMul(x, d); n = Add(p, b)'],
    ['Gemm and Relu', 'f = Gemm(x, d, b) {transB: 1}; n = Relu(f)'],
    ['a skip normalization', 'n = com.microsoft.SkipLayerNormalization(x, x, g, b) {epsilon: 0.00001}'],
  ])('the factors fit into %s', async (_, text) => {
    const columns = text.includes('transB') ? 0 : 1;
    const rows = normal([32, 32], 'd');
    const values = new Float32Array((rows.data as { bytes: Uint8Array }).bytes.slice().buffer).map(
      (value, i) => value * ((columns === 1 ? i % 32 : Math.floor(i / 32)) % 8 === 3 ? 40 : 1),
    );
    const dims = text.includes('Gemm') ? 'N, 32' : '2, N, 32';
    const { error, changes } = await smoothed(
      model(
        `x: float32[${dims}]; g = float32[32]{...}; b = float32[32]{...}; d = float32[32, 32]{...}; w = float32[32, 32]{...}; ${text}; y = MatMul(n, w)`,
        { g: gamma(32), d: tensor('float32', [32, 32], values) },
      ),
      text.includes('Gemm') ? [40, 32] : [2, 20, 32],
    );
    expect(changes.length).toBeGreaterThan(1);
    expect(error).toBeLessThan(1e-5);
  });

  test('a residual keeps the value: skipped, or multiplied beside it', async () => {
    const before = model(
      `x: float32[B, S, 32]; g = float32[32]{...}; b = float32[32]{...}; w = float32[32, 32]{...}
       n = LayerNormalization(x, g, b) {axis: -1}; h = MatMul(n, w); y = Add(h, n)`,
      { g: gamma(32) },
    );
    const { changes, skipped } = await smoothed(before, [2, 8, 32]);
    expect(changes).toEqual([]);
    expect(skipped[0]?.reason).toContain('other users, such as a residual');
    const inserted = await smoothed(before, [2, 8, 32], { insert: true });
    expect(operators(inserted.model)).toMatchObject({ Mul: 1 });
    expect(inserted.error).toBeLessThan(1e-5);
    expect((await inserted.int8(inserted.model)) / (await inserted.int8(before))).toBeLessThan(1);
  });

  test('one weight read twice is scaled once; one read elsewhere is left alone', async () => {
    const twice = `x: float32[B, S, 16]; g = float32[16]{...}; w = float32[16, 16]{...}; n = Mul(x, g); a = MatMul(n, w); b = MatMul(n, w)`;
    const { model: after, error } = await smoothed(model(`${twice}; y = Add(a, b)`, { g: gamma(16) }), [2, 8, 16]);
    expect([...after.graph.initializers.values()].filter(({ dims }) => dims.length === 2)).toHaveLength(1);
    expect(error).toBeLessThan(1e-5);
    const { changes, skipped } = await smoothed(
      model(`${twice}; c = MatMul(x, w); d = Add(a, b); y = Add(c, d)`, { g: gamma(16) }),
      [2, 8, 16],
    );
    expect(changes).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toContain(
      'a weight has other users: balanced, it would be stored twice',
    );
  });

  test('nothing to gain, NaN, zeros and one row say so', async () => {
    const even = await smoothed(model(qkv), [2, 16, 32], { exclude: ['k'] });
    expect(even.changes).toEqual([]);
    const plain = 'x: float32[N, 8]; g = float32[8]{...}; w = float32[8, 8]{...}; n = Mul(x, g); y = MatMul(n, w)';
    const bad = { w: tensor('float32', [8, 8], new Float32Array(64).fill(Number.NaN)) };
    const world = await calibrated({ x: input([1, 8], 'a') });
    const { skipped } = await smooth.apply(model(plain, bad), options(), world);
    expect(skipped[0]?.reason).toBe('the weight w holds NaN or infinity');
    const zeros = await calibrated({ x: { dtype: 'float32', dims: [1, 8], data: new Float32Array(8) } });
    expect((await smooth.apply(model(plain), options(), zeros)).changes).toEqual([]);
    await expect(smooth.apply(model(plain), options(), await context())).rejects.toMatchObject({
      code: 'optimize/calibration',
    });
  });
});
