import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAnswers } from './answers.ts';
import { folder, goldWith, put, rowsWith, taskOf } from './testing/files.ts';
import type { GoldRow } from './types.ts';

const read = async (
  id: string,
  rows: readonly GoldRow[],
  answers: string | readonly unknown[],
  order?: readonly string[],
) => {
  const name = typeof answers === 'string' ? 'a.tsv' : 'a.jsonl';
  const { given, notes } = await readAnswers(
    taskOf(id),
    goldWith(rows),
    await put(join(await folder(), name), answers),
    order,
  );
  return { predicted: [...given.predicted], notes };
};
const three = rowsWith([0, 1, 0]);

test('answers find their row by idx, whatever their order', async () => {
  const answers = [
    { idx: 2, label: 'entailment' },
    { idx: 0, label: 'not_entailment' },
    { idx: 1, label: 'entailment' },
  ];
  expect((await read('glue/rte', three, answers)).predicted).toEqual([1, 0, 0]);
});

test('numbers are places in the data’s order, or in the model’s', async () => {
  const answers = [{ label: 0 }, { label: 1 }, { label: 2 }];
  expect((await read('glue/mnli', three, answers)).predicted).toEqual([0, 1, 2]);
  const order = ['contradiction', 'entailment', 'neutral'];
  expect((await read('glue/mnli', three, answers, order)).predicted).toEqual([2, 0, 1]);
  await expect(read('glue/mnli', three, answers, ['entailment'])).rejects.toMatchObject({ code: 'usage/labels' });
});

test('row numbers are taken where the data has idx of its own, and said', async () => {
  const rows = rowsWith([1, 0]).map((row, at) => ({ ...row, id: ['9', '18'][at]! }));
  const { predicted, notes } = await read('glue/mrpc', rows, 'index\tprediction\n1\t0\n0\t1\n');
  expect(predicted).toEqual([1, 0]);
  expect(notes).toEqual(['answers are matched by row number from 0: the rows’ own idx are others (9, …)']);
});

describe('refused, with the first few named', () => {
  test.each([
    ['too few in order', [{ label: 0 }], 'score/count', 'the number of answers is 1, of rows in gold 3'],
    ['missing', [{ idx: 1, label: 0 }], 'score/missing', 'no answer for 2 of 3 rows: idx 0, 2'],
    [
      'extra',
      [0, 1, 2, 7].map((idx) => ({ idx, label: 0 })),
      'score/unknown-id',
      'answers with an idx that gold does not have (1 of 4): 7',
    ],
    ['twice', [0, 1, 1, 2].map((idx) => ({ idx, label: 0 })), 'score/duplicate-id', 'two answers for idx 1'],
    [
      'unknown label',
      [{ label: 0 }, { label: 'maybe' }, { label: 5 }],
      'score/unknown-label',
      'idx 1 has "maybe", 2 has 5',
    ],
    ['null', [{ label: 0 }, { label: null }, { label: 1 }], 'score/unknown-label', '1 has null'],
    ['unnamed', ['LABEL_0', 'LABEL_1', 'LABEL_0'].map((label) => ({ label })), 'score/unnamed-labels', 'name no class'],
    [
      'names and numbers',
      [{ label: 'entailment' }, { label: 1 }, { label: 0 }],
      'score/mixed-labels',
      'beside numbers (2): idx 1, 2',
    ],
  ])('%s', async (_, answers, code, message) => {
    await expect(read('glue/rte', three, answers)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test.each(['nan', 'inf', '', 'high'])('"%s" is no score', async (text) => {
    await expect(
      read('glue/stsb', rowsWith([0, 2.5]), `index\tprediction\n0\t1.5\n1\t${text}\n`),
    ).rejects.toMatchObject({
      code: 'score/not-finite',
    });
  });
});

test('scores are numbers, also those of 64 bits and beyond the range', async () => {
  expect((await read('glue/stsb', rowsWith([0, 2.5]), 'index\tprediction\n0\t-0.2\n1\t5.3\n')).predicted).toEqual([
    -0.2, 5.3,
  ]);
});

test('queries may stay without an answer and then score 0; strange answers are told', async () => {
  const rows = ['5', '6', '7'].map((id) => ({
    id,
    fields: {},
    label: null,
    answers: ['Amy'],
    entities: ['Amy', 'Bob'],
    cluster: id,
  }));
  const { predicted, notes } = await read('superglue/record', rows, [
    { idx: 5, label: 'Amy' },
    { idx: 7, label: 'Carl' },
  ]);
  expect(predicted).toEqual(['Amy', null, 'Carl']);
  expect(notes).toEqual([
    'queries without an answer, which score 0 (1): idx 6',
    'answers that are no entity of their passage (1): idx 7',
  ]);
  await expect(read('superglue/record', rows, [{ idx: 5, label: 3 }])).rejects.toMatchObject({
    code: 'score/unknown-label',
  });
});
