import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAnswerRows } from './answer-rows.ts';
import { folder, put, taskOf } from './testing/files.ts';

const read = async (id: string, name: string, content: string | readonly unknown[]) =>
  readAnswerRows(taskOf(id), await put(join(await folder(), name), content));

test('a submission to GLUE: index and prediction', async () => {
  const { layout, answers } = await read(
    'glue/rte',
    'RTE.tsv',
    'index\tprediction\n0\tentailment\n1\tnot_entailment\n',
  );
  expect(layout).toBe('TSV, by idx');
  expect(answers).toEqual([
    { id: '0', answer: 'entailment' },
    { id: '1', answer: 'not_entailment' },
  ]);
});

test('a submission to SuperGLUE: MultiRC is nested', async () => {
  const rows = [
    {
      idx: 27,
      passage: {
        questions: [
          {
            idx: 313,
            answers: [
              { idx: 1617, label: 1 },
              { idx: 1618, label: 0 },
            ],
          },
        ],
      },
    },
  ];
  const { layout, answers } = await read('superglue/multirc', 'MultiRC.jsonl', rows);
  expect(layout).toBe('SuperGLUE submission, nested');
  expect(answers).toEqual([
    { id: '27/313/1617', answer: 1 },
    { id: '27/313/1618', answer: 0 },
  ]);
});

test('the hub’s metric layouts: idx as an object', async () => {
  const multirc = await read('superglue/multirc', 'a.jsonl', [
    { idx: { answer: 3, paragraph: 1, question: 2 }, prediction: 1 },
  ]);
  expect(multirc.answers).toEqual([{ id: '1/2/3', answer: 1 }]);
  const record = await read('superglue/record', 'a.jsonl', [{ idx: { passage: 1, query: 2 }, prediction_text: 'Amy' }]);
  expect(record.answers).toEqual([{ id: '2', answer: 'Amy' }]);
  const submission = await read('superglue/record', 'b.jsonl', [{ idx: 2, label: 'Amy' }]);
  expect(submission.answers).toEqual(record.answers);
  const table = await read('superglue/multirc', 'a.csv', 'idx.paragraph,idx.question,idx.answer,prediction\n1,2,3,1\n');
  expect(table.answers).toEqual([{ id: '1/2/3', answer: '1' }]);
});

test('a copy of the right answers beside the prediction is not taken for it', async () => {
  const { answers, notes } = await read('glue/sst2', 'a.jsonl', [{ idx: 0, label: 1, prediction: 0 }]);
  expect(answers).toEqual([{ id: '0', answer: 0 }]);
  expect(notes).toEqual(['answers are taken from "prediction"; "label" is taken for a copy of the right ones']);
});

test('rows in order, and lists by task', async () => {
  expect(await read('glue/sst2', 'a.jsonl', [{ label: 'positive' }])).toMatchObject({
    layout: 'JSONL, in order',
    answers: [{ id: null, answer: 'positive' }],
  });
  const lists = await read('advglue/rte', 'pred.json', '{"rte": [0, 1],\n "sst2": [1]}');
  expect(lists.answers).toEqual([
    { id: null, answer: 0 },
    { id: null, answer: 1 },
  ]);
  const rows = await read('glue/rte', 'pred.json', '[{"idx": 4,\n "label": 1}]');
  expect(rows.answers).toEqual([{ id: '4', answer: 1 }]);
});

test.each([
  ['no answers at all', [{ idx: 0, text: 'x' }], 'no answers: expected one of'],
  ['an idx here and there', [{ idx: 0, label: 1 }, { label: 0 }], 'the idx is nothing'],
  ['an idx that is an object', [{ idx: { question: 1 }, label: 1 }], 'the idx is {"question":1}'],
])('%s is refused', async (_, rows, message) => {
  await expect(read('glue/sst2', 'a.jsonl', rows)).rejects.toThrow(message);
});

test('a file without rows, and a document without the task, are refused', async () => {
  await expect(read('glue/rte', 'a.tsv', 'index\tprediction\n')).rejects.toMatchObject({ code: 'score/predictions' });
  await expect(read('glue/rte', 'a.json', '{"sst2":\n [1]}')).rejects.toMatchObject({ code: 'score/predictions' });
});
