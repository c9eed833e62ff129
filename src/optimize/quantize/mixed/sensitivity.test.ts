import { expect, test } from 'vitest';
import { parseOptions, type Feeds } from '../../../contracts/index.ts';
import { context, input, model } from '../../testing/quantized.ts';
import { dynamic } from '../dynamic.ts';
import { distanceOf, referenceOf, sensitivities } from './sensitivity.ts';

const feeds = async function* (): AsyncIterable<Feeds> {
  for (let i = 0; i < 20; i++) yield { x: input([1 + (i % 3), 64], `s ${i}`) };
};

test('ranks layers by what each alone does to the answers', async () => {
  const world = await context(feeds);
  // The second product is scaled down: whatever it loses hardly shows.
  const network = model(
    `x: float32[N, 64]; a = float32[64, 16]{...}; b = float32[64, 16]{...}; f = float32[] {0.001}
     p = MatMul(x, a) as "loud"; q = MatMul(x, b) as "soft"; r = Mul(q, f); y = Add(p, r)`,
  );
  const leaving = (exclude: readonly string[]) =>
    dynamic.apply(network, parseOptions(dynamic.id, dynamic.options, { exclude }), world);
  const reference = await referenceOf(network, 4, world);
  expect(reference.feeds).toHaveLength(4);
  const ranked = await sensitivities(leaving, ['soft', 'loud'], reference, world);
  expect(ranked.map(({ layer }) => layer)).toEqual(['loud', 'soft']);
  expect(ranked[0]!.error).toBeGreaterThan(50 * ranked[1]!.error);
  const whole = await leaving([]);
  expect((await distanceOf(whole.model, reference, undefined, world)).error).toBeCloseTo(ranked[0]!.error, 3);
  expect((await distanceOf(network, reference, undefined, world)).error).toBe(0);
});
