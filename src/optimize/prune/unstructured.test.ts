import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Model } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { correlatedRows } from '../quantize/blocks/testing/matrices.ts';
import { context, model, operators, relativeError, run } from '../testing/quantized.ts';
import { unstructured } from './unstructured.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(unstructured.id, unstructured.options, raw);

/** 32 correlated inputs of very different sizes. */
const x = (rows: number) => ({
  dtype: 'float32' as const,
  dims: [rows, 32],
  data: correlatedRows(rows, 32, { rank: 16, own: 0.2, spread: 1 }, seeded(3, 'x')),
});

const subject = model('x: float32[N, 32]; w = float32[32, 24]{...}; b = float32[24]{...}; y = Gemm(x, w, b)');

const weightOf = ({ graph }: Model): Float32Array => {
  const found = [...graph.initializers.values()].find(({ dims }) => dims.length === 2)!;
  if (found.data.kind !== 'inline') throw new Error('not inline');
  return toFloat32('float32', found.data.bytes);
};

const pruned = async (before: Model, raw: Record<string, unknown>) => {
  const world = await context(async function* () {
    yield { x: x(100) };
  });
  const result = await unstructured.apply(before, options(raw), world);
  const feeds = { x: x(100) };
  const expected = (await run(world, before, feeds))['y']!;
  return { ...result, error: relativeError(expected, (await run(world, result.model, feeds))['y']!) };
};

describe('prune/unstructured', () => {
  test('the more is known of the inputs, the less is lost', async () => {
    const [magnitude, wanda, sparsegpt] = await Promise.all(
      ['magnitude', 'wanda', 'sparsegpt'].map(async (method) => pruned(subject, { method })),
    );
    for (const { model: after } of [magnitude!, wanda!, sparsegpt!]) {
      expect(weightOf(after).filter((value) => value === 0)).toHaveLength(0.5 * 32 * 24);
      expect(operators(after)).toEqual({ Gemm: 1 });
    }
    expect(wanda!.error).toBeLessThan(0.8 * magnitude!.error);
    expect(sparsegpt!.error).toBeLessThan(0.9 * wanda!.error);
  });

  test('every output gives the same share, or the layer as a whole', async () => {
    const zerosByOutput = async (compare: string): Promise<number[]> => {
      const weight = weightOf((await pruned(subject, { compare, method: 'magnitude', sparsity: 0.25 })).model);
      return Array.from(
        { length: 24 },
        (_, column) => weight.filter((value, at) => at % 24 === column && value === 0).length,
      );
    };
    expect(new Set(await zerosByOutput('output'))).toEqual(new Set([8]));
    const byLayer = await zerosByOutput('layer');
    expect(new Set(byLayer).size).toBeGreaterThan(1);
    expect(byLayer.reduce((sum, one) => sum + one, 0)).toBe(8 * 24);
    expect((await zerosByOutput('model')).reduce((sum, one) => sum + one, 0)).toBe(8 * 24);
  });

  test('everything asked for: each output keeps its best weight', async () => {
    const { model: after } = await pruned(subject, { sparsity: 1 });
    expect(weightOf(after).filter((value) => value !== 0)).toHaveLength(24);
  });

  test('NaN in weights or inputs, and nothing to do, are told', async () => {
    const bad = model('x: float32[N, 32]; w = float32[32, 24]{...}; y = MatMul(x, w)', {
      w: tensor('float32', [32, 24], new Float32Array(768).fill(Number.NaN, 3, 4)),
    });
    const reasonOf = async (before: Model, raw: Record<string, unknown>, value = 1): Promise<string | undefined> => {
      const world = await context(async function* () {
        yield { x: { ...x(2), data: x(2).data.fill(value, 0, 1) } };
      });
      const { changes, skipped } = await unstructured.apply(before, options(raw), world);
      expect(changes).toEqual([]);
      return skipped[0]?.reason;
    };
    for (const method of ['magnitude', 'wanda', 'sparsegpt'])
      for (const compare of ['output', 'model'])
        expect(await reasonOf(bad, { method, compare })).toBe('the weight w holds NaN or infinity');
    for (const method of ['wanda', 'sparsegpt'])
      expect(await reasonOf(subject, { method }, Number.NaN)).toBe(
        'its input holds NaN or infinity on the calibration data',
      );
    expect(await reasonOf(subject, { sparsity: 0 })).toBe('a sparsity of 0 asks for no zeros');
  });
});
