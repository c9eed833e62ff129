import { expect, test } from 'vitest';
import type { Example, Predictions } from '../../contracts/index.ts';
import { judgeNumbers, judgeSpans } from '../tasks/judging/index.ts';
import { auditAnswers, textOf } from './audit-answers.ts';

const spans = (...texts: string[]): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: new Float32Array(),
  truncated: 0,
  answers: texts.map((text) => ({ text, start: 0, end: 0, score: 0, none: 0 })),
});
const numbers = (...scores: number[]): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: Float32Array.from(scores),
  sizes: new Int32Array(scores.length).fill(1),
  truncated: 0,
});
const example = (id: string, more: Partial<Example>): Example => ({ id, label: null, groups: {}, ...more });

test('right answers lost come first, right answers won last', () => {
  const examples = ['1', '2', '3', '4'].map((id) => example(id, { text: 'q', pair: 'red green', gold: ['red'] }));
  const audit = auditAnswers(
    examples,
    spans('red', 'green', 'green', 'red'),
    spans('red', 'red', '', 'green'),
    judgeSpans(true),
    10,
  );
  expect(audit).toMatchObject({ harmed: 1, helped: 1, changed: 3, of: 4, shiftIs: 'none' });
  expect(audit.items.map(({ id, baseline, candidate }) => [id, baseline, candidate])).toEqual([
    ['4', 'red', 'green'],
    ['3', 'green', '(no answer)'],
    ['2', 'green', 'red'],
  ]);
  expect(audit.items[0]).toMatchObject({ expected: 'red', text: 'q ⏐ red green' });
});

test('numbers by how far apart they are', () => {
  const examples = ['1', '2', '3'].map((id) => example(id, { gold: 1 }));
  const audit = auditAnswers(examples, numbers(1, 2, 3), numbers(1, 2.5, 5), judgeNumbers, 1);
  expect(audit).toMatchObject({ harmed: 0, helped: 0, changed: 2, of: 3, shiftIs: 'absolute' });
  expect(audit.items).toMatchObject([{ id: '3', baseline: '3', candidate: '5', expected: '1', shift: 2 }]);
});

test('an example says what it is', () => {
  expect(textOf(example('1', { words: ['Ada', 'sings'] }))).toBe('Ada sings');
  expect(textOf(example('1', { image: { kind: 'file', path: 'a.png', digest: '' } }))).toBe('a.png');
  expect(textOf(example('1', {}))).toBeNull();
});
