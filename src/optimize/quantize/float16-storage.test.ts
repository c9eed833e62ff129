import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';
import { float16Storage } from './float16-storage.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(float16Storage.id, float16Storage.options, raw);

describe('quantize/float16-storage', () => {
  test('weights take half the bytes, outputs stay within half-precision rounding', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 32]; w = float32[32, 16]{...}; b = float32[16]{...}; h = MatMul(x, w); y = Add(h, b)',
    );
    const { model: after, changes, skipped } = await float16Storage.apply(before, options(), world);
    expect(operators(after)).toEqual({ Cast: 1, MatMul: 1, Add: 1 });
    expect([...after.graph.initializers.values()].map(({ dtype }) => dtype).sort()).toEqual(['float16', 'float32']);
    expect(changes).toHaveLength(1);
    expect(skipped.map(({ reason }) => reason)).toEqual(['b: it has fewer than 64 values']);
    const feeds = { x: input([5, 32], 'x') };
    const error = relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(5e-4);
  });

  test('a weight beyond the range stays as it is, with the reason', async () => {
    const before = model('x: float32[N, 8]; w = float32[8, 8]{...}; y = MatMul(x, w)', {
      w: tensor('float32', [8, 8], new Float32Array(64).fill(1e6)),
    });
    const { changes, skipped, model: after } = await float16Storage.apply(before, options(), await context());
    expect(changes).toEqual([]);
    expect(skipped[0]?.reason).toBe('w: it holds 1000000, beyond float16');
    expect(after).toBe(before);
  });

  test('a shared weight is stored once, and a body that uses it still finds it', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 8]; p: bool[]; w = float32[8, 8]{...}; a = MatMul(x, w); y = If(p) {then_branch: graph "t" { b = MatMul(a, w); -> b }, else_branch: graph "e" { c = Identity(a); -> c }}',
    );
    const { model: after } = await float16Storage.apply(before, options(), world);
    expect(operators(after)).toMatchObject({ Cast: 1 });
    const feeds = { x: input([2, 8], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(1) } };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      1e-3,
    );
  });

  test('refuses a model without float32 weights', () => {
    expect(float16Storage.check(model('y = Relu(x)'), options())?.reason).toBe('the model has no float32 weights');
  });
});
