import { expect, onTestFinished, test } from 'vitest';
import { encoderModel, bertSignature } from '../training/encoder.ts';
import { dataFault, firstPosition, longest, planOf, unchanged, warnOfMissing, type Plan } from './plan.ts';
import { strongWeights, toyContext, toyLearning, toyRows, toyShape, toyTeacher, toyText } from './testing/toy.ts';

const plan = planOf(toyTeacher()) as Plan;

test('a plan is anatomy and signature, or a refusal', () => {
  expect(plan.anatomy.blocks).toHaveLength(2);
  expect(plan.signature.ids).toBe('input_ids');
  const { graph } = toyTeacher();
  const two = { ...toyTeacher(), graph: { ...graph, outputs: [...graph.outputs, ...graph.outputs] } };
  expect(planOf(two)).toMatchObject({ reason: expect.stringContaining('2 outputs') });
  const model = toyTeacher();
  expect(unchanged(model, 'why')).toEqual({ model, changes: [], skipped: [{ reason: 'why', nodes: [] }] });
});

test('data of other classes, another output or another tokenizer does not fit', () => {
  const learning = toyLearning();
  expect(dataFault(learning, plan)).toBeNull();
  expect(dataFault({ ...learning, text: null }, plan)).toBeNull();
  expect(dataFault({ ...learning, labels: ['a', 'b', 'c', 'd'] }, plan)).toContain('4 classes, and the model 3');
  expect(dataFault({ ...learning, output: 'other' }, plan)).toContain('"other"');
  expect(dataFault({ ...learning, text: { ...toyText, vocabularySize: 50 } }, plan)).toContain('ids up to 49');
  expect(dataFault(learning, { ...plan, anatomy: { ...plan.anatomy, word: null } })).toContain('word table');
});

test('the longest input: as the tokenizer says, else as the rows are', () => {
  expect(longest(toyLearning())).toBe(12);
  expect(longest(toyLearning({ text: null }))).toBe(10);
});

test('classes without examples are told, unless nothing is labelled', () => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const told: string[] = [];
  const listening = { ...context, log: (_: unknown, message: string) => void told.push(message) };
  warnOfMissing(toyLearning(), listening);
  expect(told).toEqual([]);
  warnOfMissing(toyLearning({ train: toyRows(9, 'x', (row) => (row % 2 === 0 ? 2 : null)) }), listening);
  expect(told).toEqual([expect.stringContaining('2 of 3 classes have no training example (a, b)')]);
});

test('the first token’s position is asked for where the graph counts', async () => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  expect(await firstPosition(toyTeacher(), plan, toyLearning(), context)).toBe(0);
  const later = encoderModel(toyShape, strongWeights(toyShape), { ...bertSignature(3), firstPosition: 2 });
  expect(await firstPosition(later, planOf(later) as Plan, toyLearning(), context)).toBe(2);
});
