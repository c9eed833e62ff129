import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { float16 } from './float16.ts';
import { context, input, model, operators, relativeError, run } from '../testing/quantized.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(float16.id, float16.options, raw);

describe('quantize/float16', () => {
  test('the whole network in float16, inputs and outputs in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 32]; w = float32[32, 16]{...}; b = float32[16]{...}; h = MatMul(x, w); s = Add(h, b); y = Relu(s)',
    );
    const { model: after } = await float16.apply(before, options(), world);
    expect(operators(after)).toEqual({ Cast: 2, MatMul: 1, Add: 1, Relu: 1 });
    expect([...after.graph.initializers.values()].every(({ dtype }) => dtype === 'float16')).toBe(true);
    const feeds = { x: input([4, 32], 'x') };
    const [expected, actual] = [await run(world, before, feeds), await run(world, after, feeds)];
    expect(actual['y']!.dtype).toBe('float32');
    expect(relativeError(expected['y']!, actual['y']!)).toBeLessThan(0.002);
  });

  test('a constant beyond the range keeps its operator in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[N, 8]; big = float32[8]{...}; w = float32[8, 8]{...}; m = Mul(x, big); y = MatMul(x, w)',
      {
        big: tensor('float32', [8], new Float32Array(8).fill(1e6)),
      },
    );
    const { model: after, skipped } = await float16.apply(before, options(), world);
    expect(skipped).toEqual([{ reason: 'its constant big exceeds the float16 range', nodes: ['m'] }]);
    const feeds = { x: input([2, 8], 'x') };
    expect(relativeError((await run(world, before, feeds))['m']!, (await run(world, after, feeds))['m']!)).toBe(0);
  });

  test('calibration finds values that would overflow and makes islands of their operators', async () => {
    const feeds = { x: input([2, 8], 'x') };
    const world = await context(async function* () {
      yield feeds;
    });
    const before = model(
      'x: float32[N, 8]; c = float32[1]{...}; w = float32[8, 8]{...}; s = Mul(x, c); q = Mul(s, s); r = Sqrt(q); y = MatMul(x, w)',
      {
        c: tensor('float32', [1], Float32Array.of(3e4)),
      },
    );
    const { model: after, skipped } = await float16.apply(before, options(), world);
    expect(skipped.flatMap(({ nodes }) => nodes)).toContain('q');
    const actual = await run(world, after, feeds);
    expect((actual['r']!.data as Float32Array).every(Number.isFinite)).toBe(true);
    expect(relativeError((await run(world, before, feeds))['r']!, actual['r']!)).toBeLessThan(0.002);
  });

  test('values that a body uses stay available in float32', async () => {
    const world = await context();
    const before = model(
      'x: float32[2, 2]; t = float32[2, 2]{...}; p: bool[]; h = Add(x, t); y = If(p) {then_branch: graph "then" { a = Identity(h); -> a }, else_branch: graph "else" { b = Neg(h); -> b }}',
    );
    const { model: after } = await float16.apply(before, options(), world);
    const feeds = { x: input([2, 2], 'x'), p: { dtype: 'bool' as const, dims: [], data: Uint8Array.of(0) } };
    expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
      0.002,
    );
  });

  test('refuses old operator sets and models without float32 weights', () => {
    expect(float16.check(model('opset 11; w = float32[2]{...}; y = Add(x, w)'), options())?.reason).toContain(
      'opset 11',
    );
    expect(float16.check(model('y = Relu(x)'), options())?.reason).toBe('the model has no float32 weights');
  });
});
