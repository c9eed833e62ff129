import { expect, test } from 'vitest';
import type { Feeds, Model, Tensor, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { padded } from './batches.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { classifierObjective } from './objective.ts';
import { countWeights, trainingStep, type Step } from './step.ts';
import { evaluate } from './testing/differences.ts';

const architecture = { layers: 1, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const weights = initialWeights(architecture, seeded(1, 'w'));
const objective = classifierObjective(encoderModel(architecture, weights), 'logits', 3, 0);
const step = trainingStep(objective, weights);
const texts = [{ ids: [2, 5, 6, 3] }, { ids: [2, 7, 3] }];

const valuesOf = (of: Step, values: ReadonlyMap<string, Tensor>, scale = 1): Record<string, Value> =>
  Object.fromEntries(
    of.weights.map(({ weight, dims }) => {
      const data = new Float32Array(readTensorSync(values.get(weight)!).slice().buffer).map((x) => x * scale);
      return [weight, { dtype: 'float32', dims, data }];
    }),
  );
const feeds = (): Record<string, Value> => ({
  ...padded(texts, 0),
  labels: { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n, 0n) },
  ...valuesOf(step, weights, 8),
});

test('is a valid model with a gradient for each weight', () => {
  expect(checkModel(step.model)).toEqual([]);
  expect(step.weights.map(({ weight }) => weight)).toEqual([...weights.keys()]);
  expect(new Set(step.weights.map(({ gradient }) => gradient)).size).toBe(weights.size);
  expect(step.model.graph.outputs.map(({ name }) => name)).toEqual([
    step.loss,
    ...step.reported,
    ...step.weights.map(({ gradient }) => gradient),
  ]);
  expect(step.reported).toEqual(['accuracy']);
  expect(countWeights(new Map([['a', weights.get('classifier.weight')!]]))).toBe(24);
});

test('its gradients are those of the whole encoder: central differences along each weight', async () => {
  const run = await evaluate(step.model);
  const fed = feeds();
  const outputs = await run(fed);
  const lossAt = async (changed: Feeds): Promise<number> =>
    ((await run({ ...fed, ...changed }))[step.loss]!.data as Float32Array)[0]!;
  let checked = 0;
  for (const { weight, gradient: output } of step.weights) {
    // The direction of the gradient itself gives the clearest difference.
    const gradient = outputs[output]!.data as Float32Array;
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
    if (size < 1e-4) continue;
    checked++;
    const value = fed[weight]!;
    const moved = (by: number): Feeds => ({
      [weight]: { ...value, data: (value.data as Float32Array).map((x, i) => x + (by * gradient[i]!) / size) },
    });
    const h = 0.004;
    const slope = ((await lossAt(moved(h))) - (await lossAt(moved(-h)))) / (2 * h);
    expect(Math.abs(slope - size) / (size + 0.01), `${weight}: ${slope} against ${size}`).toBeLessThan(0.02);
  }
  expect(checked).toBeGreaterThan(15);
});

test('biases and norms do not decay', () => {
  const decaying = step.weights.filter(({ decays }) => decays).map(({ weight }) => weight);
  expect(decaying).toContain('classifier.weight');
  expect(decaying.filter((weight) => /bias$|LayerNorm/.test(weight))).toEqual([]);
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
const gradientsOf = async (of: Step, trainable: Map<string, Tensor>): Promise<Record<string, number[]>> => {
  const run = await evaluate(of.model);
  const x: Value = { dtype: 'float32', dims: [2], data: Float32Array.of(1, 10) };
  const outputs = await run({ x, ...valuesOf(of, trainable) });
  return Object.fromEntries(
    of.weights.map(({ weight, gradient }) => [weight, [...(outputs[gradient]!.data as Float32Array)]]),
  );
};

test('weights may learn at rates of their own', async () => {
  const { model, trainable } = two(product);
  const slowed = trainingStep(model, trainable, { rateFactors: new Map([['b', 0.1]]) });
  expect(slowed.weights.map(({ weight, rateFactor }) => [weight, rateFactor])).toEqual([
    ['a', 1],
    ['b', 0.1],
  ]);
  expect(await gradientsOf(slowed, trainable)).toEqual({ a: [3, 40], b: [1, 20] });
});

test('two weights with one gradient have an output each', async () => {
  const { model, trainable } = two(
    's = Add(a, b); q = Mul(s, x); loss = ReduceSum(q) {keepdims: 0}; -> loss: float32[]',
  );
  const step = trainingStep(model, trainable);
  expect(checkModel(step.model)).toEqual([]);
  expect(await gradientsOf(step, trainable)).toEqual({ a: [1, 10], b: [1, 10] });
});

test('weights behind a constant value, and weights without influence, stay', async () => {
  const { model, trainable } = two(product);
  const stopped = trainingStep(model, trainable, { constant: new Set(['p']) });
  expect(stopped.weights.map(({ weight }) => weight)).toEqual(['b']);
  expect(checkModel(stopped.model)).toEqual([]);
  expect(await gradientsOf(stopped, trainable)).toEqual({ b: [1, 20] });
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
  expect(() => trainingStep(model, change(trainable))).toThrowError(
    expect.objectContaining({ code: 'training/weights', message: expect.stringContaining(message) }),
  );
});
