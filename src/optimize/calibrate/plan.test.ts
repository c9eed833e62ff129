import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { channelMeans, extremes, gram, histogram } from './index.ts';
import { planOf } from './plan.ts';

const network = model('x: float32[N, 4]; a = Neg(x); b = Abs(a); c = Relu(b); y = Neg(c)');

test('probes stand right behind what they read, and nothing is left that no answer needs', () => {
  const plan = planOf(network, [
    { value: 'a', statistic: extremes() },
    { value: 'b', statistic: channelMeans(4) },
  ]);
  const ops = plan.model.graph.nodes.map(({ op }) => op);
  expect(ops.indexOf('Abs')).toBeGreaterThan(ops.indexOf('ReduceMax'));
  expect(ops.indexOf('ReduceSum')).toBeGreaterThan(ops.indexOf('Abs'));
  expect(ops).not.toContain('Relu');
  expect(plan.model.graph.outputs.map(({ name }) => name)).toEqual(plan.small.map(([output]) => output));
});

test('a sum is fed with what it was; a whole value leaves once for all that ask for it', () => {
  const [one, two] = [histogram(8), histogram(8)];
  const plan = planOf(network, [
    { value: 'b', statistic: gram(4) },
    { value: 'c', statistic: one },
    { value: 'c', statistic: two },
  ]);
  expect(plan.sums).toHaveLength(1);
  expect(plan.model.graph.inputs.map(({ name }) => name)).toEqual(['x', plan.sums[0]!.input]);
  expect(plan.whole).toEqual([['c', [one, two]]]);
});
