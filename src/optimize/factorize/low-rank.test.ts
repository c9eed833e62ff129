import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { correlatedRows } from '../quantize/blocks/testing/matrices.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { lowRank } from './low-rank.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(lowRank.id, lowRank.options, raw);

/** Rows of 32 numbers that come from 6 sources. */
const rows = (count: number, label: string): Value => ({
  dtype: 'float32',
  dims: [count, 32],
  data: correlatedRows(count, 32, { rank: 6, own: 0.05, spread: 0 }, seeded(3, 'mixing')).map((value, at) =>
    label === 'a' ? value : value * (1 + (Math.floor(at / 32) % 3)),
  ),
});

const factored = async (before: Model, raw: Record<string, unknown> = {}, feeds: Feeds = { x: rows(20, 'b') }) => {
  const world = await context(async function* () {
    yield { x: rows(64, 'a') };
  });
  const result = await lowRank.apply(before, options(raw), world);
  const expected = (await run(world, before, feeds))['y']!;
  const error = relativeError(expected, (await run(world, result.model, feeds))['y']!);
  return { ...result, error, reasons: result.skipped.map(({ reason }) => reason) };
};

const one = 'x: float32[N, 32]; w = float32[32, 48]{...}; y = MatMul(x, w)';
const shapes = ({ graph }: Model): string[] =>
  [...graph.initializers.values()].map(({ dims }) => dims.join('x')).toSorted();

describe('factorize/low-rank', () => {
  test('real inputs decide: much less is lost than with plain singular values', async () => {
    const raw = { budget: 'rank', rank: 8 };
    const ours = await factored(model(one), raw);
    const plain = await factored(model(one), { ...raw, measure: 'weights' });
    expect(shapes(ours.model)).toEqual(['32x8', '8x48']);
    expect(operators(ours.model)).toEqual({ MatMul: 2 });
    expect(ours.error).toBeLessThan(0.1);
    expect(plain.error).toBeGreaterThan(0.5);
    expect(ours.changes[0]?.what).toMatch(/^MatMul \[32, 48\] as two of rank 8: 42 % of the multiply-adds, error \d/);
    expect(plain.changes[0]?.what).toContain('plain singular values');
  });

  test('without calibration data it is plain singular values, and says so', async () => {
    const result = await lowRank.apply(model(one), options({ budget: 'share' }), await context());
    expect(result.changes[0]?.what).toContain('for want of calibration data');
  });

  test.each([
    ['MatMul and Add', 'w = float32[32, 48]{...}; b = float32[48]{...}; p = MatMul(x, w); y = Add(p, b)'],
    ['Gemm', 'w = float32[32, 48]{...}; b = float32[48]{...}; y = Gemm(x, w, b) {alpha: 0.5, beta: 2.0}'],
    ['a transposed Gemm', 'w = float32[48, 32]{...}; b = float32[48]{...}; y = Gemm(x, w, b) {transB: 1, alpha: 2.0}'],
    ['FusedMatMul', 'w = float32[48, 32]{...}; y = com.microsoft.FusedMatMul(x, w) {transB: 1, alpha: 3.0}'],
    [
      'FusedGemm',
      'w = float32[32, 48]{...}; b = float32[48]{...}; y = com.microsoft.FusedGemm(x, w, b) {activation: "Relu"}',
    ],
    ['a tall weight', 'w = float32[32, 24]{...}; y = MatMul(x, w)'],
  ])('%s keeps its bias, scale and activation', async (_, text) => {
    const {
      error,
      changes,
      model: after,
    } = await factored(model(`x: float32[N, 32]; ${text}`), { budget: 'rank', rank: 8 });
    expect(changes).toHaveLength(1);
    expect(error).toBeLessThan(0.1);
    expect([...after.graph.initializers.values()].some(({ dims }) => dims.join() === '32,8')).toBe(true);
  });

  test('an error budget: the smallest rank that keeps it, or a reason', async () => {
    const loose = await factored(model(one), { budget: 'error', error: 0.1 });
    expect(loose.error).toBeLessThan(0.15);
    expect(shapes(loose.model)).toEqual(['32x8', '8x48']);
    const strict = await factored(model(one), { budget: 'error', error: 0 });
    expect(strict.changes).toEqual([]);
    expect(strict.reasons[0]).toMatch(
      /^at rank 16, the highest that is faster, its output error is .* the budget is 0/,
    );
  });

  const two = `x: float32[N, 32]; w = float32[32, 64]{...}; v = float32[64, 64]{...}; h = MatMul(x, w); r = Relu(h); y = MatMul(r, v)`;

  test('a ratio budget is kept, 1 changes nothing, 0 takes the lowest rank', async () => {
    const cost = (after: Model): number =>
      [...after.graph.initializers.values()].reduce((sum, { dims }) => sum + dims[0]! * dims[1]!, 0);
    const whole = cost(model(two));
    for (const ratio of [0.4, 0.6, 0.8])
      expect(cost((await factored(model(two), { ratio })).model)).toBeLessThanOrEqual(ratio * whole);
    const all = await factored(model(two), { ratio: 1 });
    expect(all.changes).toEqual([]);
    expect(all.reasons).toHaveLength(2);
    expect(shapes((await factored(model(two), { ratio: 0 })).model)).toEqual(['32x8', '64x8', '8x64', '8x64']);
  });

  test('query, key and value share the first product where that is better', async () => {
    // All three read the same few directions of x.
    const text = `x: float32[N, 32]; q = float32[32, 32]{...}; k = float32[32, 32]{...}; v = float32[32, 32]{...}
      a = MatMul(x, q); b = MatMul(x, k); c = MatMul(x, v); s = Add(a, b); y = Add(s, c)`;
    const raw = { ratio: 0.4 };
    const joint = await factored(model(text), raw);
    const apart = await factored(model(text), { ...raw, shareInput: false });
    expect(operators(joint.model)).toEqual({ MatMul: 4, Add: 2 });
    expect(joint.changes).toHaveLength(3);
    expect(joint.changes[0]?.what).toContain('3 layers share the first');
    // Apart, even the lowest ranks cost half of the whole.
    expect(operators(apart.model)['MatMul']).toBe(6);
    expect(shapes(joint.model)).toEqual(['32x8', '8x32', '8x32', '8x32']);
    expect(joint.error).toBeLessThan(0.05);
    const tight = await factored(model(text), { budget: 'error', error: 0.05 });
    expect(operators(tight.model)['MatMul']).toBe(4);
  });

  test('a weight used twice in the same way is factored once', async () => {
    const text = `x: float32[N, 32]; w = float32[32, 32]{...}; h = MatMul(x, w); r = Tanh(h); y = MatMul(r, w)`;
    const { model: after, changes } = await factored(model(text), { budget: 'rank', rank: 8 });
    expect(changes).toHaveLength(2);
    expect(shapes(after)).toEqual(['32x8', '8x32']);
  });

  test.each([
    [
      'used by another operator',
      'w = float32[32, 32]{...}; h = MatMul(x, w); u = Neg(w); y = MatMul(h, u)',
      'also used by',
    ],
    ['used in two layouts', 'w = float32[32, 32]{...}; h = MatMul(x, w); y = Gemm(h, w) {transB: 1}', 'also used by'],
    [
      'computed',
      't = float32[32, 32]{...}; u = MatMul(x, t); z = Transpose(u); y = MatMul(z, u)',
      'computed at run time',
    ],
    ['3-D', 'w = float32[2, 32, 32]{...}; y = MatMul(x, w)', '3 dimensions'],
    ['small', 'w = float32[32, 4]{...}; y = MatMul(x, w)', 'not faster than one of [32, 4]'],
    ['one column', 'w = float32[32, 1]{...}; y = MatMul(x, w)', 'not faster'],
  ])('a weight that is %s is skipped with its reason', async (_, text, reason) => {
    const world = await context(async function* () {
      yield { x: rows(64, 'a') };
    });
    const result = await lowRank.apply(model(`x: float32[N, 32]; ${text}`), options(), world);
    expect(result.skipped.map((one) => one.reason).join('\n')).toContain(reason);
  });

  test('NaN in a weight, NaN in the inputs, an empty weight and an excluded layer are left alone', async () => {
    const bad: Tensor = tensor('float32', [32, 48], new Float32Array(32 * 48).fill(Number.NaN, 7, 8));
    const world = await context(async function* () {
      yield { x: rows(64, 'a') };
    });
    const skippedOf = async (subject: Model, raw: Record<string, unknown> = {}, where = world): Promise<string[]> => {
      const { changes, skipped } = await lowRank.apply(subject, options(raw), where);
      expect(changes).toEqual([]);
      return skipped.map(({ reason }) => reason);
    };
    expect(await skippedOf(model(one, { w: bad }))).toEqual(['the weight w holds NaN or infinity']);
    const nan = await context(async function* () {
      yield { x: { dtype: 'float32', dims: [1, 32], data: new Float32Array(32).fill(Number.NaN) } } satisfies Feeds;
    });
    expect(await skippedOf(model(one), {}, nan)).toEqual(['its input holds NaN or infinity on the calibration data']);
    const empty = model('x: float32[N, 32]; w = float32[32, 0]{...}; y = MatMul(x, w)');
    expect(await skippedOf(empty)).toEqual(['the weight is empty']);
    expect(await skippedOf(model(one), { exclude: ['*'] })).toEqual(['excluded by the exclude option']);
  });

  test('zeros lose nothing; calibration without rows ends with a code', async () => {
    const zeros = tensor('float32', [32, 48], new Float32Array(32 * 48));
    const { changes } = await factored(model(one, { w: zeros }), { budget: 'error', error: 0 });
    expect(changes[0]?.what).toContain('error 0.0 %');
    const world = await context(async function* () {});
    await expect(lowRank.apply(model(one), options(), world)).rejects.toMatchObject({ code: 'optimize/calibration' });
    expect(() => options({ rank: 0 })).toThrow(expect.objectContaining({ code: 'usage/option' }));
  });

  test('a graph with nothing to factor is refused', () => {
    expect(lowRank.check(model('x: float32[N]; y = Relu(x)'), options())?.reason).toBe(
      'the graph has no MatMul or Gemm',
    );
    expect(lowRank.check(model('x: float32[N]; y = Relu(x)'), options({ tables: true }))?.reason).toContain(
      'no Gather',
    );
  });

  test('three-dimensional inputs', async () => {
    const text = 'x: float32[B, S, 32]; w = float32[32, 48]{...}; y = MatMul(x, w)';
    const world = await context(async function* () {
      yield { x: { ...rows(64, 'a'), dims: [4, 16, 32] } };
    });
    const { model: after } = await lowRank.apply(model(text), options(), world);
    const feeds = { x: input([2, 3, 32], 'c') };
    expect((await run(world, after, feeds))['y']!.dims).toEqual([2, 3, 48]);
  });
});
