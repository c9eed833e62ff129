import { expect, test } from 'vitest';
import { toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { context, model, run } from '../testing/quantized.ts';
import { cut } from './structured-cut.ts';
import { repairsOf } from './structured-repair.ts';
import { targetsOf } from './structured-targets.ts';

test('a neuron that repeats another is made up for, in the weights and the bias', async () => {
  // Neuron 2 is twice neuron 0, neuron 3 is always 5.
  const subject = model(`x: float32[N, 2]
    w = float32[2, 4] {1.0, 0.0, 2.0, 0.0, 1.0, 1.0, 2.0, 0.0}; b = float32[4] {0.0, 0.5, 0.0, 5.0}; v = float32[4, 3] {...}; c = float32[3] {1.0, 2.0, 3.0}
    h = MatMul(x, w); a = Add(h, b); r = Relu(a); d = MatMul(r, v); y = Add(c, d)
    -> y: float32[N, 3]`);
  const random = seeded(1, 'repair');
  const feeds = {
    x: { dtype: 'float32' as const, dims: [40, 2], data: Float32Array.from({ length: 80 }, () => random.normal()) },
  };
  const world = await context(async function* calibration() {
    yield feeds;
  });
  const view = viewOf(subject);
  const plans = [{ group: targetsOf(view, null, 'neurons', []).found[0]!.group, keep: [0, 1] }];
  const { operands, reports, skipped } = await repairsOf(subject, view, plans, world);
  expect(skipped).toEqual([]);
  expect(reports).toHaveLength(1);
  expect(reports[0]!.before).toBeGreaterThan(0.3);
  expect(reports[0]!.after).toBeLessThan(0.02);
  const after = await cut(subject, plans, operands, world);
  const bias = toFloat32('float32', await world.bytes(after.graph.initializers.get('c')!));
  const old = toFloat32('float32', await world.bytes(subject.graph.initializers.get('v')!));
  bias.forEach((value, i) => expect(value).toBeCloseTo(i + 1 + 5 * old[9 + i]!, 1));
  const [one, two] = [await run(world, subject, feeds), await run(world, after, feeds)];
  const [y, z] = [one['y']!.data as Float32Array, two['y']!.data as Float32Array];
  y.forEach((value, i) => expect(Math.abs(value - z[i]!)).toBeLessThan(0.1));
});
