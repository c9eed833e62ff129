import { expect, test } from 'vitest';
import { checkOrder, readLabel } from './labels.ts';
import { taskOf } from './testing/files.ts';

const [wnli, rte, boolq, mnli] = ['glue/wnli', 'glue/rte', 'superglue/boolq', 'glue/mnli'].map(taskOf) as [
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
  ReturnType<typeof taskOf>,
];

test('names mean the same in every task, numbers do not: WNLI and RTE have their labels the other way round', () => {
  expect(readLabel(rte, 'entailment')).toEqual({ index: 0, by: 'name' });
  expect(readLabel(wnli, 'entailment')).toEqual({ index: 1, by: 'name' });
  expect(readLabel(rte, 0)).toEqual({ index: 0, by: 'number' });
  expect(readLabel(wnli, 0)).toEqual({ index: 0, by: 'number' });
});

test.each([true, 'true', 'True', ' TRUE '])('%j is the name True', (raw) => {
  expect(readLabel(boolq, raw)).toEqual({ index: 1, by: 'name' });
});

test.each([1, 1n, '1', '1.0'])('%s is the number 1', (raw) => {
  expect(readLabel(boolq, raw)).toEqual({ index: 1, by: 'number' });
});

test.each([2, -1, 0.5, 'maybe', '', null, undefined, Number.NaN, { label: 1 }, true])('%j is no label', (raw) => {
  expect(readLabel(rte, raw)).toHaveProperty('refused');
});

test('LABEL_0 names nothing until the user says what it is', () => {
  expect(readLabel(mnli, 'LABEL_0')).toMatchObject({ unnamed: true });
  const order = ['contradiction', 'entailment', 'neutral'];
  expect(readLabel(mnli, 'LABEL_0', order)).toEqual({ index: 2, by: 'number' });
  expect(readLabel(mnli, 1, order)).toEqual({ index: 0, by: 'number' });
  expect(readLabel(mnli, 'neutral', order)).toEqual({ index: 1, by: 'name' });
});

test('an order names each label once', () => {
  expect(checkOrder(mnli, ['contradiction', 'entailment', 'neutral'])).toHaveLength(3);
  for (const order of [
    ['entailment', 'neutral'],
    ['entailment', 'entailment', 'neutral'],
    ['a', 'b', 'c'],
  ])
    expect(() => checkOrder(mnli, order)).toThrow(/does not name the labels of glue\/mnli once each/);
});
