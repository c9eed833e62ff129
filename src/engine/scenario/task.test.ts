import { expect, test } from 'vitest';
import { taskOf, taskSchema } from './task.ts';

const where = (key: string): string => `scenario.yaml: ${key}`;
const read = (raw: Record<string, unknown>) => taskOf(taskSchema.parse(raw), where);

test('settings in the noun’s own words', () => {
  expect(
    read({
      type: 'question-answering',
      'doc-stride': 64,
      'max-answer-length': 15,
      'no-answer-threshold': -1,
      'max-length': 384,
    }),
  ).toEqual({ id: 'question-answering', docStride: 64, maxAnswerLength: 15, noAnswerThreshold: -1, maxLength: 384 });
  expect(read({ type: 'retrieval', k: 5, pooling: 'cls', prefix: 'query: ', 'document-prefix': 'passage: ' })).toEqual({
    id: 'retrieval',
    k: 5,
    pooling: 'cls',
    prefix: 'query: ',
    documentPrefix: 'passage: ',
  });
  expect(read({ type: 'text-classification', labels: ['a', 'b'] })).toEqual({
    id: 'text-classification',
    labels: ['a', 'b'],
  });
});

test('a setting of another task is refused with the tasks that it is for', () => {
  expect(() => read({ type: 'token-classification', threshold: 0.4 })).toThrowError(
    expect.objectContaining({
      code: 'scenario/task',
      message: 'scenario.yaml: threshold: "threshold" is not for token-classification, but for multi-label',
    }),
  );
  expect(() => read({ type: 'tensor-to-tensor', labels: ['a', 'b'] })).toThrowError(
    /"labels" is not for tensor-to-tensor/,
  );
});
