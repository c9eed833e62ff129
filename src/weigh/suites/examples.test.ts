import { expect, test } from 'vitest';
import { suiteExamples } from './examples.ts';
import { suiteTasks } from './tasks.ts';
import { taskOf } from './testing/files.ts';

test('single texts and pairs, labels by name', () => {
  expect(suiteExamples(taskOf('glue/sst2'), [{ id: '3', fields: { sentence: 'good' }, label: 1 }])).toEqual([
    { id: '3', text: 'good', label: 'positive', groups: {} },
  ]);
  const rows = [{ id: '0', fields: { sentence1: 'a', sentence2: 'b {sentence1}' }, label: 1 }];
  expect(suiteExamples(taskOf('glue/wnli'), rows)[0]).toMatchObject({
    text: 'a',
    pair: 'b {sentence1}',
    label: 'entailment',
  });
});

test('what belongs together is a group', () => {
  const rows = [{ id: '1/2/3', cluster: '1/2', fields: { paragraph: 'P', question: 'Q?', answer: 'A' }, label: 0 }];
  expect(suiteExamples(taskOf('superglue/multirc'), rows)[0]).toEqual({
    id: '1/2/3',
    text: 'P',
    pair: 'Q? A',
    label: 'False',
    groups: { question: '1/2' },
  });
});

test('other templates may be given', () => {
  const rows = [{ id: '0', fields: { question: 'q', passage: 'p' }, label: 1 }];
  expect(suiteExamples(taskOf('superglue/boolq'), rows, { text: '{passage} {question}' })[0]).toEqual({
    id: '0',
    text: 'p q',
    label: 'True',
    groups: {},
  });
  expect(() => suiteExamples(taskOf('superglue/boolq'), rows, { text: '{premise}' })).toThrow('names {premise}');
});

test('tasks for other kinds of models are refused by name, all others have templates over their own fields', () => {
  for (const id of ['glue/stsb', 'superglue/copa', 'superglue/record'])
    expect(() => suiteExamples(taskOf(id), [])).toThrow(/needs a model that/);
  for (const { id, text, fields, needs } of suiteTasks) {
    if (text === null) expect(needs, id).toBeTruthy();
    else
      for (const [, name] of `${text.text}${text.pair ?? ''}`.matchAll(/\{(\w+)\}/g))
        expect(fields, id).toContain(name);
  }
});
