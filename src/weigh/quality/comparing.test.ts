import { expect, test } from 'vitest';
import type { Example, Predictions, Task, Trial } from '../../contracts/index.ts';
import { judgeNumbers, judgeTags } from '../tasks/judging/index.ts';
import { comparisonOf } from './comparing.ts';

const trial = (task: Partial<Task>, examples: readonly Example[]): Trial =>
  ({ task: { id: 'text-classification', labels: ['no', 'yes'], ...task }, examples }) as unknown as Trial;
const classes = (...predicted: number[]): Predictions => ({
  labels: ['no', 'yes'],
  predicted: Int32Array.from(predicted),
  scores: new Float32Array(predicted.length * 2),
  truncated: 0,
});
const tags = (...answers: (readonly string[])[]): Predictions => ({
  ...classes(),
  scores: new Float32Array(),
  answers,
});

test('classes are compared by class', () => {
  const examples = ['yes', 'no', null].map((label, at): Example => ({ id: String(at), label, groups: {} }));
  const { right, changed, only, checked } = comparisonOf(trial({}, examples));
  const [before, after] = [classes(1, 1, 1), classes(1, 0, 0)];
  expect([...right(before)]).toEqual([1, 0, -1]);
  expect([0, 1, 2].map((row) => changed(before, after, row))).toEqual([false, true, true]);
  expect([...only(after, [2, 0]).predicted]).toEqual([0, 1]);
  expect(() => checked(classes(1), 'x')).toThrowError(expect.objectContaining({ code: 'quality/rows' }));
});

test('answers in words as their task says', () => {
  const examples: Example[] = [
    { id: '1', words: ['a'], gold: ['B-X'], label: null, groups: {} },
    { id: '2', words: ['b'], label: null, groups: {} },
  ];
  const labels = ['O', 'B-X'];
  const { right, changed, only, checked } = comparisonOf(
    trial({ id: 'token-classification', labels, answers: 'tags', judging: judgeTags(labels, 'lenient') }, examples),
  );
  const [before, after] = [tags(['B-X'], ['O']), tags(['O'], ['O'])];
  expect([...right(before)]).toEqual([1, -1]);
  expect([0, 1].map((row) => changed(before, after, row))).toEqual([true, false]);
  expect(only(before, [1]).answers).toEqual([['O']]);
  expect(() => checked(tags(['O']), 'x')).toThrowError(/x gave 1 answers for 2/);
});

test('numbers always differ a little: nothing to compare', () => {
  expect(() => comparisonOf(trial({ id: 'text-regression', judging: judgeNumbers }, []))).toThrowError(
    /differ a little/,
  );
});
