import { expect, onTestFinished, test } from 'vitest';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { encoderModel } from '../training/encoder.ts';
import { bestOf, openTeacher, scoresOf, withOutputs } from './teacher.ts';
import { strongWeights, toyContext, toyRows, toyShape, toyTeacher } from './testing/toy.ts';

const open = async (...more: Parameters<typeof toyTeacher>) => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const model = toyTeacher(...more);
  const inner = model.graph.nodes.find(({ op }) => op === 'LayerNormalization')!.outputs[0]!;
  const teacher = await openTeacher(model, 'logits', 3, [inner], context, 1);
  onTestFinished(() => teacher.close());
  return { context, teacher, inner };
};

test('scores and inner values', async () => {
  const { teacher, inner } = await open();
  const rows = toyRows(5, 'teacher', () => null);
  const answers = await teacher.ask(rows.feeds([0, 1]));
  expect(answers['logits']!.dims).toEqual([2, 3]);
  expect(answers[inner]!.dims).toEqual([2, Math.max(rows.length(0), rows.length(1)), 16]);
});

test('scores of all rows come in their order', async () => {
  const { teacher, context } = await open();
  const rows = toyRows(70, 'teacher', () => null);
  const all = await scoresOf(rows, 3, async (feeds) => (await teacher.ask(feeds))['logits']!, context);
  for (const row of [0, 33, 69]) {
    const one = (await teacher.ask(rows.feeds([row])))['logits']!.data as Float32Array;
    for (let i = 0; i < 3; i++) expect(all[row * 3 + i]).toBeCloseTo(one[i]!, 4);
  }
});

test('the best of each row', () => {
  expect([...bestOf(Float32Array.of(1, 2, 0, 5, 5, 4), 3)]).toEqual([1, 0]);
});

test('an output that is there already is not added again', () => {
  const model = toyTeacher();
  expect(withOutputs(model, ['logits']).graph.outputs).toEqual(model.graph.outputs);
});

test('scores of another shape, and scores that are no numbers, have a code', async () => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const rows = toyRows(3, 'teacher', () => null);
  const wrong = await openTeacher(toyTeacher(), 'logits', 4, [], context, 1);
  await expect(wrong.ask(rows.feeds([0]))).rejects.toMatchObject({ code: 'distill/teacher' });
  await wrong.close();
  const broken = strongWeights(toyShape);
  broken.set('classifier.bias', tensor('float32', [3], Float32Array.of(0, NaN, 0)));
  expect(readTensorSync(broken.get('classifier.bias')!).length).toBe(12);
  const mad = await openTeacher(encoderModel(toyShape, broken), 'logits', 3, [], context, 1);
  await expect(mad.ask(rows.feeds([0]))).rejects.toMatchObject({ code: 'distill/teacher' });
  await mad.close();
});
