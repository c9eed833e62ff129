import { expect, test } from 'vitest';
import type { Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { padded } from './batches.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { classifierObjective } from './objective.ts';
import { coefficientsOf, usualAdam } from './optimizer.ts';
import { coefficientFeeds, countWeights, trainingStep, type Step } from './step.ts';
import { evaluate } from './testing/differences.ts';

const architecture = { layers: 1, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const weights = initialWeights(architecture, seeded(1, 'w'));
const settings = { clip: 1e9, accumulates: false, averages: false };
const objective = classifierObjective(encoderModel(architecture, weights), 'logits', 3, 0);
const step = trainingStep(objective, weights, settings);
const texts = [{ ids: [2, 5, 6, 3] }, { ids: [2, 7, 3] }];

const numbers = (at: number, rate: number) =>
  coefficientsOf({ ...usualAdam, weightDecay: 0 }, { step: at, rate, averaging: null, share: 1 }, true);

const start = (of: Step, values: ReadonlyMap<string, Tensor>, scale = 1): Record<string, Value> =>
  Object.fromEntries(
    [...of.state].map(([input, { weight, role, dims }]) => {
      const data = new Float32Array(readTensorSync(values.get(weight)!).slice().buffer).map((x) => x * scale);
      const begins = role === 'weight' || role === 'mean' ? data : new Float32Array(data.length);
      return [input, { dtype: 'float32', dims, data: begins }];
    }),
  );
const feeds = (): Record<string, Value> => ({
  ...padded(texts, 0),
  labels: { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n, 0n) },
  ...coefficientFeeds(step, numbers(1, 1e-3)),
  ...start(step, weights, 8),
});

test('is a valid model that feeds its own state', () => {
  expect(checkModel(step.model)).toEqual([]);
  expect(step.weights).toEqual([...weights.keys()]);
  expect(Object.keys(step.keep)).toHaveLength(3 * weights.size);
  expect(new Set(Object.values(step.keep))).toEqual(new Set(step.state.keys()));
  expect(step.reported).toEqual(['accuracy']);
  expect(countWeights(new Map([['a', weights.get('classifier.weight')!]]))).toBe(24);
});

test('its first moments are the gradient of the whole encoder: central differences along each weight', async () => {
  const run = await evaluate(step.model);
  const fed = feeds();
  const outputs = await run(fed);
  const inputOf = (weight: string): string =>
    [...step.state].find(([, one]) => one.weight === weight && one.role === 'first')![0];
  const lossAt = async (changed: Feeds): Promise<number> =>
    ((await run({ ...fed, ...changed }))[step.loss]!.data as Float32Array)[0]!;
  for (const name of step.weights) {
    // m = (1 − β₁)·g after the first step. The direction of the gradient itself gives the clearest difference.
    const gradient = (outputs[`${inputOf(name)}/next`]!.data as Float32Array).map((x) => x * 10);
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
    if (size < 1e-4) continue;
    const value = fed[name]!;
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
  let fed = feeds();
  const losses: number[] = [];
  let right = 0;
  for (let i = 1; i <= 60; i++) {
    const outputs = await run({ ...fed, ...coefficientFeeds(step, numbers(i, 1e-2)) });
    losses.push((outputs[step.loss]!.data as Float32Array)[0]!);
    right = (outputs['accuracy']!.data as Float32Array)[0]!;
    expect((outputs[step.norm]!.data as Float32Array)[0]).toBeGreaterThan(0);
    fed = { ...fed, ...Object.fromEntries(Object.entries(step.keep).map(([from, to]) => [to, outputs[from]!])) };
  }
  expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]!);
  expect(right).toBe(1);
});

const two = (text: string): { model: Model; trainable: Map<string, Tensor> } => {
  const trainable = new Map([
    ['a', tensor('float32', [2], Float32Array.of(1, 2))],
    ['b', tensor('float32', [2], Float32Array.of(3, 4))],
  ]);
  const source = 'x: float32[2]; a = float32[2]{...}; b = float32[2]{...}; ';
  return { model: parseText(source + text, { tensors: Object.fromEntries(trainable) }), trainable };
};
const product = 'p = Mul(a, x); q = Mul(p, b); loss = ReduceSum(q) {keepdims: 0}; -> loss: float32[]';
const moved = async (of: Step, trainable: Map<string, Tensor>): Promise<Record<string, number[]>> => {
  const run = await evaluate(of.model);
  const outputs = await run({
    x: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 1) },
    ...coefficientFeeds(of, numbers(1, 0.5)),
    ...start(of, trainable),
  });
  return Object.fromEntries(
    of.weights.map((name) => [
      name,
      [...(outputs[`${name}/next`]!.data as Float32Array)].map((x) => Math.round(x * 1e4) / 1e4),
    ]),
  );
};

test('a factor of the rate slows single weights down', async () => {
  const { model, trainable } = two(product);
  const plain = trainingStep(model, trainable, settings);
  // The first step of AdamW has the length of the rate, whatever the gradient.
  expect(await moved(plain, trainable)).toEqual({ a: [0.5, 1.5], b: [2.5, 3.5] });
  const slowed = trainingStep(model, trainable, { ...settings, rateFactors: new Map([['b', 0.1]]) });
  expect(await moved(slowed, trainable)).toEqual({ a: [0.5, 1.5], b: [2.95, 3.95] });
});

test('weights behind a constant value, and weights without influence, stay', async () => {
  const { model, trainable } = two(product);
  const stopped = trainingStep(model, trainable, { ...settings, constant: new Set(['p']) });
  expect(stopped.weights).toEqual(['b']);
  expect(checkModel(stopped.model)).toEqual([]);
  expect(await moved(stopped, trainable)).toEqual({ b: [2.5, 3.5] });
});

test.each<[string, string, (trainable: Map<string, Tensor>) => Map<string, Tensor>]>([
  [
    'none of the weights to train changes the loss',
    'n = Neg(x); loss = ReduceSum(n) {keepdims: 0}; -> loss: float32[]',
    (all) => all,
  ],
  ['the model has no weight "c"', product, (all) => new Map([['c', all.get('a')!]])],
  ['the weight "a" is float16', product, () => new Map([['a', tensor('float16', [2], new Uint16Array(2))]])],
])('refused: %s', (message, text, change) => {
  const { model, trainable } = two(text);
  expect(() => trainingStep(model, change(trainable), settings)).toThrowError(
    expect.objectContaining({ code: 'training/weights', message: expect.stringContaining(message) }),
  );
});
