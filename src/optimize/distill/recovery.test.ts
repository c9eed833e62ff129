import { expect, onTestFinished, test } from 'vitest';
import type { Feeds, Model } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { encoderModel } from '../training/encoder.ts';
import { commonStates, recoveryOf } from './recovery.ts';
import { withOutputs } from './teacher.ts';
import { strongWeights, toyContext, toyRows, toyShape, toyTeacher } from './testing/toy.ts';

const feeds: Feeds = toyRows(4, 'recovery', () => null).feeds([0, 1, 2, 3]);
const run = async (model: Model, more: Feeds = {}) => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const session = await context.open(model);
  const { outputs } = await session.run({ ...feeds, ...more });
  await session.close();
  return outputs;
};
const output = { name: 'logits', dims: [null, 3] };
const settings = { temperature: 2, answers: 1, hidden: 1 } as const;

test('hidden states that both have, by name and width', () => {
  const original = toyTeacher();
  expect(commonStates(toyTeacher(toyShape, 2), original)).toHaveLength(2);
  const narrow = { ...toyShape, width: 8 };
  expect(commonStates(toyTeacher(narrow), original)).toEqual([]);
  const shallow = commonStates(toyTeacher({ ...toyShape, layers: 1 }), original);
  expect(shallow.map(({ name }) => name)).toEqual([commonStates(original, original)[0]!.name]);
});

const parts = async (kind: 'scores' | 'values', model: Model) => {
  const original = toyTeacher();
  const states = commonStates(model, original);
  const recovery = recoveryOf(model, output, states, [], { ...settings, kind });
  const answers = await run(withOutputs(original, [...recovery.inner.keys()]));
  const taught = Object.fromEntries([...recovery.inner].map(([name, input]) => [input, answers[name]!]));
  const outputs = await run(recovery.model, taught);
  return {
    answers,
    loss: Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Number(data[0])])),
  };
};

test('the original is at no distance from itself', async () => {
  for (const kind of ['scores', 'values'] as const)
    for (const value of Object.values((await parts(kind, toyTeacher())).loss))
      expect(Math.abs(value)).toBeLessThan(1e-5);
});

test('values: the relative squared difference of answers and of hidden states', async () => {
  const weights = strongWeights(toyShape);
  weights.set('classifier.bias', tensor('float32', [3], Float32Array.of(0.5, 0, -0.5)));
  const { loss, answers } = await parts('values', encoderModel(toyShape, weights));
  const square = (answers['logits']!.data as Float32Array).reduce((sum, value) => sum + value * value, 0);
  expect(loss['distill/answers']).toBeCloseTo((4 * 0.5) / square, 4);
  expect(loss['distill/hidden']).toBeCloseTo(0, 5);
  expect(loss['distill/loss']).toBeCloseTo(loss['distill/answers']!, 5);
});

test('a pruned weight is used times its mask', async () => {
  const name = 'classifier.weight';
  const original = toyTeacher();
  const weight = original.graph.initializers.get(name)!;
  const pruned = { name, tensor: weight, mask: new Float32Array(48) };
  const recovery = recoveryOf(original, output, [], [pruned], { ...settings, kind: 'values' });
  const answers = await run(original);
  const { 'distill/loss': loss } = await run(recovery.model, { [recovery.inner.get('logits')!]: answers['logits']! });
  // Without the classifier only its bias, zero, answers: all is lost.
  expect(Number(loss!.data[0])).toBeCloseTo(1, 5);
});
