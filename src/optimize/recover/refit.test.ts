import { expect, test } from 'vitest';
import type { Feeds, Model } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { context, model } from '../testing/quantized.ts';
import { refit } from './refit.ts';

const text = `x: float32[N, 4]
  w = float32[4, 4] {...}; b = float32[4] {1.0, 2.0, 3.0, 4.0}; v = float32[4, 3] {...}; c = float32[3] {0.5, 0.5, 0.5}
  h = MatMul(x, w); a = Add(h, b); y = Gemm(a, v, c)
  -> y: float32[N, 3]`;
const original = model(text);
const other = (name: string, change: (value: number, i: number) => number): Model => {
  const weights = new Map(original.graph.initializers);
  const old = weights.get(name)!;
  const values = toFloat32('float32', (old.data as { bytes: Uint8Array }).bytes).map(change);
  weights.set(name, { ...old, data: { kind: 'inline', bytes: new Uint8Array(values.buffer) } });
  return { ...original, graph: { ...original.graph, initializers: weights } };
};
const world = () =>
  context(async function* calibration() {
    const random = seeded(1, 'refit');
    for (let i = 0; i < 4; i++)
      yield {
        x: { dtype: 'float32', dims: [16, 4], data: Float32Array.from({ length: 64 }, () => random.normal()) },
      } satisfies Feeds;
  });
const wish = (output: string, width: number, columns: readonly number[] | null = null) => ({
  output,
  target: output,
  columns,
  width,
});

test('a later layer makes up for what an earlier one does otherwise', async () => {
  const changed = other('w', (value, i) => value + 0.3 * Math.sin(i));
  const context = await world();
  const { model: after, layers, skipped } = await refit(changed, original, [wish('y', 3)], context, 1e-6);
  expect(skipped).toEqual([]);
  expect(layers).toMatchObject([{ output: 'y' }]);
  expect(layers[0]!.before).toBeGreaterThan(0.05);
  expect(layers[0]!.after).toBeLessThan(0.3 * layers[0]!.before);
  expect([...after.graph.initializers.keys()].toSorted()).toEqual(['b', 'c', 'v', 'w']);
});

test('layers follow each other; one that is right already stays as it is', async () => {
  const changed = other('w', (value) => 0.5 * value);
  const context = await world();
  const { model: after, layers } = await refit(changed, original, [wish('h', 4), wish('y', 3)], context, 1e-6);
  expect(layers[0]).toMatchObject({ output: 'h' });
  const now = toFloat32('float32', await context.bytes(after.graph.initializers.get('w')!));
  const then = toFloat32('float32', await context.bytes(original.graph.initializers.get('w')!));
  now.forEach((value, i) => expect(value).toBeCloseTo(then[i]!, 3));
  const same = await refit(original, original, [wish('h', 4)], context, 1e-6);
  expect(same.layers.every(({ after: error }) => error < 1e-3)).toBe(true);
});

test('what cannot be fitted is told', async () => {
  const context = await world();
  const reasons = async (one: Model, wanted: Parameters<typeof refit>[2]): Promise<string> =>
    (await refit(one, original, wanted, context, 1e-6)).skipped.map(({ reason }) => reason).join('; ');
  expect(await reasons(original, [wish('y', 3, [0, 2])])).toContain('makes 3 outputs, and 2 are wanted');
  expect(await reasons(original, [wish('a', 4)])).toContain('not a linear layer');
  expect(
    await reasons(
      other('v', () => Number.NaN),
      [wish('y', 3)],
    ),
  ).toContain('not all finite');
});
