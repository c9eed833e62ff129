import { expect, test } from 'vitest';
import { defaultSessionOptions } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { context, input, model } from '../../optimize/testing/quantized.ts';
import { verify } from './verify.ts';

const feeds = [input([3, 4], 'a'), input([2, 4], 'b')].map((x) => [{ x }, { x }] as const);

test('the relative error of a scaled output is its scale', async () => {
  const world = await context();
  const original = await world.open(parseText('x: float32[N, 4]; y = Tanh(x); -> y: float32[N, 4]'));
  try {
    const scaled = parseText('x: float32[N, 4]; f = float32[] {1.25}; t = Tanh(x); y = Mul(t, f); -> y: float32[N, 4]');
    const same = await verify(
      original,
      parseText('x: float32[N, 4]; i = Identity(x); y = Tanh(i); -> y: float32[N, 4]'),
      feeds,
      0.1,
      defaultSessionOptions,
      world,
    );
    expect(same).toEqual({ relativeError: 0, maxAbsoluteError: 0, tolerance: 0.1, inputs: 2 });
    const found = await verify(original, scaled, feeds, 0.1, defaultSessionOptions, world);
    expect(found.relativeError).toBeCloseTo(0.25, 5);
    const endless = parseText('x: float32[N, 4]; z = float32[] {0.0}; y = Div(x, z); -> y: float32[N, 4]');
    expect((await verify(original, endless, feeds, 0.1, defaultSessionOptions, world)).relativeError).toBe(
      Number.POSITIVE_INFINITY,
    );
  } finally {
    await original.close();
  }
});

test('a lost output and a changed shape are faults', async () => {
  const world = await context();
  const original = await world.open(model('x: float32[N, 4]; y = Tanh(x); -> y: float32[N, 4]'));
  try {
    await expect(
      verify(
        original,
        model('x: float32[N, 4]; z = Tanh(x); -> z: float32[N, 4]'),
        feeds,
        1,
        defaultSessionOptions,
        world,
      ),
    ).rejects.toThrow('no output "y"');
    const narrow = model('x: float32[N, 4]; a = int64[1] {1}; y = ReduceSum(x, a); -> y: float32[N, 1]');
    await expect(verify(original, narrow, feeds, 1, defaultSessionOptions, world)).rejects.toThrow(
      'where the original has 12',
    );
  } finally {
    await original.close();
  }
});
