import { describe, expect, test } from 'vitest';
import { goldLabel, mapperFor } from './gold-rows.ts';
import { taskOf } from './testing/files.ts';

describe('right answers', () => {
  test.each([
    ['glue/mnli', 'neutral', 1],
    ['glue/mnli', '-', null],
    ['glue/sst2', '1', 1],
    ['glue/sst2', -1, null],
    ['glue/sst2', -1n, null],
    ['glue/sst2', undefined, null],
    ['glue/wnli', 1n, 1],
    ['superglue/boolq', false, 0],
    ['superglue/cb', 'contradiction', 1],
    ['superglue/copa', 1, 1],
    ['superglue/copa', 'choice2', 1],
    ['glue/stsb', '3.800', 3.8],
    ['glue/stsb', 0, 0],
    ['glue/stsb', '-1', null],
  ])('%s %s', (task, raw, label) => {
    expect(goldLabel(taskOf(task), raw, 'row')).toBe(label);
  });

  test('others are refused with the labels that there are', () => {
    expect(() => goldLabel(taskOf('glue/rte'), 'neutral', 'dev.tsv:3')).toThrow(
      'dev.tsv:3: the right answer is "neutral", which is no label of glue/rte: entailment, not_entailment',
    );
    expect(() => goldLabel(taskOf('glue/stsb'), 7, 'row')).toThrow('expected 0 to 5');
    expect(() => goldLabel(taskOf('superglue/copa'), true, 'row')).toThrow('no label of superglue/copa');
  });
});

const only = (id: string, row: Record<string, unknown>) => {
  const mapper = mapperFor(taskOf(id), 'f', row, 'flat');
  return { layout: mapper.layout, rows: mapper.map(row, 1) };
};

test('MultiRC, nested and flat, gives the same rows', () => {
  const nested = only('superglue/multirc', {
    idx: 4,
    passage: {
      text: 'P',
      questions: [{ idx: 9, question: 'Q', answers: [{ idx: 30, text: 'A', label: 1 }] }],
    },
  });
  const flat = only('superglue/multirc', {
    paragraph: 'P',
    question: 'Q',
    answer: 'A',
    label: 1n,
    idx: { paragraph: 4, question: 9n, answer: 30 },
  });
  expect(nested.rows).toEqual(flat.rows);
  expect(nested.rows[0]).toMatchObject({ id: '4/9/30', cluster: '4/9', label: 1 });
  expect([nested.layout, flat.layout]).toEqual(['SuperGLUE JSONL, nested', 'flat']);
});

test('ReCoRD, nested and flat, gives the same rows', () => {
  const nested = only('superglue/record', {
    idx: 2,
    passage: {
      text: 'Tracy met Amy.',
      entities: [
        { start: 0, end: 4 },
        { start: 10, end: 12 },
      ],
    },
    qas: [
      {
        idx: 7,
        query: '@placeholder met her',
        answers: [
          { start: 0, end: 4, text: 'Tracy' },
          { start: 0, end: 4, text: 'Tracy' },
        ],
      },
    ],
  });
  const flat = only('superglue/record', {
    passage: 'Tracy met Amy.',
    query: '@placeholder met her',
    entities: ['Tracy', 'Amy'],
    answers: ['Tracy'],
    idx: { passage: 2, query: 7 },
  });
  expect(nested.rows).toEqual(flat.rows);
  expect(nested.rows[0]).toMatchObject({ id: '7', cluster: '2', answers: ['Tracy'], entities: ['Tracy', 'Amy'] });
});

test('WSC, spans in target and beside, gives the same rows', () => {
  const spans = { span1_index: 0, span1_text: 'Mark', span2_index: 5, span2_text: 'him' };
  const nested = only('superglue/wsc', { text: 'Mark asked Pete about him', target: spans, idx: 3, label: true });
  const flat = only('superglue/wsc', { text: 'Mark asked Pete about him', ...spans, idx: 3, label: 1 });
  expect(nested.rows).toEqual(flat.rows);
  expect(nested.layout).toContain('target');
});

test('an idx may be text, and may be absent', () => {
  const row = { sentence1: 'a', sentence2: 'b', label: 'entailment' };
  expect(only('superglue/axb', { ...row, idx: '12' }).rows[0]!.id).toBe('12');
  expect(only('superglue/axb', row).rows[0]!.id).toBe('0');
});

test('a file of another task is refused with what is there', () => {
  expect(() => only('glue/sst2', { text: 'x', label: 1 })).toThrow(
    'no "sentence", which glue/sst2 needs; there is text, label',
  );
});
