import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { blockwise } from './blockwise.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(blockwise.id, blockwise.options, raw);

describe('quantize/blockwise', () => {
  test.each([
    [64, '16', true],
    [64, '32', true],
    [64, '64', false],
    [256, '128', false],
    [256, '256', true],
    [72, '32', false],
    [50, '16', true],
  ])('K=%i, block %s, symmetric %s: outputs stay within 4-bit error', async (k, blockSize, symmetric) => {
    const world = await context();
    const before = model(`x: float32[N, ${k}]; w = float32[${k}, 40]{...}; y = MatMul(x, w)`);
    const { model: after, changes } = await blockwise.apply(before, options({ blockSize, symmetric }), world);
    expect(operators(after)).toEqual({ MatMulNBits: 1 });
    expect(changes).toHaveLength(1);
    const feeds = { x: input([6, k], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeGreaterThan(0.01);
    expect(error).toBeLessThan(0.2);
  });

  test('a Gemm with its bias', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 64]; w = float32[16, 64]{...}; b = float32[16]{...}; y = Gemm(x, w, b) {transB: 1}',
    );
    const { model: after } = await blockwise.apply(before, options(), world);
    expect(operators(after)).toEqual({ MatMulNBits: 1, Add: 1 });
    const feeds = { x: input([3, 64], 'x') };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      0.2,
    );
  });

  test('a weight smaller than a block is left alone with the reason', async () => {
    const { changes, skipped } = await blockwise.apply(
      model('x: float32[N, 12]; w = float32[12, 8]{...}; y = MatMul(x, w)'),
      options(),
      await context(),
    );
    expect(changes).toEqual([]);
    expect(skipped[0]?.reason).toBe('its inner size 12 is smaller than a block of 32');
  });
});
