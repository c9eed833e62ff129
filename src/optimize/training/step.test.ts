import { expect, test } from 'vitest';
import type { Feeds, Value } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { readTensorSync } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { padded } from './batches.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { countWeights, trainingStep, type StepSettings } from './step.ts';
import { evaluate } from './testing/differences.ts';

const architecture = { layers: 1, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const weights = initialWeights(architecture, seeded(1, 'w'));
const settings: StepSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clip: 1e9,
  labelSmoothing: 0,
  schedule: { shape: 'constant', warmUpSteps: 0, totalSteps: 1 },
};
const classifier = encoderModel(architecture, weights);
const step = trainingStep(classifier, weights, 3, settings);
const scalar = (value: number): Value => ({ dtype: 'float32', dims: [], data: Float32Array.of(value) });
const labels = { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n, 0n) } as const;
const texts = [{ ids: [2, 5, 6, 3] }, { ids: [2, 7, 3] }];

const start = (): Record<string, Value> => ({
  ...padded(texts, 0),
  labels,
  learning_rate: scalar(1e-3),
  step: scalar(1),
  ...Object.fromEntries(
    [...weights].map(([name, one]) => [
      name,
      {
        dtype: 'float32',
        dims: one.dims,
        data: new Float32Array(readTensorSync(one).slice().buffer).map((x) => x * 8),
      } as Value,
    ]),
  ),
  ...Object.fromEntries(
    [...step.moments].map(([name, dims]) => [
      name,
      { dtype: 'float32', dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) } as Value,
    ]),
  ),
});

test('is a valid model that feeds its own state', () => {
  expect(checkModel(step.model)).toEqual([]);
  expect(step.weights).toEqual([...weights.keys()]);
  expect(Object.keys(step.keep)).toHaveLength(3 * weights.size);
  expect(countWeights(new Map([['a', weights.get('classifier.weight')!]]))).toBe(24);
});

test('its first moments are the gradient of the whole encoder: central differences along each weight', async () => {
  const run = await evaluate(step.model);
  const feeds = start();
  const outputs = await run(feeds);
  const moment = (name: string): Float32Array => outputs[`${name}.m.next`]!.data as Float32Array;
  const lossAt = async (changed: Feeds): Promise<number> =>
    ((await run({ ...feeds, ...changed }))[step.loss]!.data as Float32Array)[0]!;
  for (const name of step.weights) {
    // m = (1 − β₁)·g after the first step. The direction of the gradient itself gives the clearest difference.
    const gradient = moment(name).map((x) => x * 10);
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
    if (size < 1e-4) continue;
    const value = feeds[name]!;
    const moved = (by: number): Feeds => ({
      [name]: { ...value, data: (value.data as Float32Array).map((x, i) => x + (by * gradient[i]!) / size) },
    });
    const h = 0.004;
    const slope = ((await lossAt(moved(h))) - (await lossAt(moved(-h)))) / (2 * h);
    expect(Math.abs(slope - size) / (size + 0.01), `${name}: ${slope} against ${size}`).toBeLessThan(0.02);
  }
});

test('steps lower the loss, count right answers, and report the norm', async () => {
  const run = await evaluate(step.model);
  let feeds: Record<string, Value> = start();
  const losses: number[] = [];
  let right = 0;
  for (let i = 1; i <= 60; i++) {
    const outputs = await run({ ...feeds, step: scalar(i), learning_rate: scalar(1e-2) });
    losses.push((outputs[step.loss]!.data as Float32Array)[0]!);
    right = Number((outputs[step.right]!.data as BigInt64Array)[0]);
    expect((outputs[step.norm]!.data as Float32Array)[0]).toBeGreaterThan(0);
    feeds = { ...feeds, ...Object.fromEntries(Object.entries(step.keep).map(([from, to]) => [to, outputs[from]!])) };
  }
  expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]!);
  expect(right).toBe(2);
});
