import { expect, test } from 'vitest';
import type { Example, Predictions } from '../../contracts/index.ts';
import { checkLabels, headLabels, suspectSwap } from './labels.ts';

const config = { id2label: { '0': 'negative', '1': 'positive' }, label2id: { negative: 0, positive: 1 } };
const code = expect.objectContaining({ code: 'task/labels' });
const example = (label: string | null, at: number): Example => ({ id: String(at), text: 't', label, groups: {} });

test('takes names from config.json in the order of the head, or from the user', () => {
  expect(headLabels(config, undefined)).toEqual(['negative', 'positive']);
  expect(headLabels({ id2label: { '1': 'b', '0': 'a' } }, undefined)).toEqual(['a', 'b']);
  expect(headLabels({ id2label: { '0': 'LABEL_0', '1': 'LABEL_1' } }, ['no', 'yes'])).toEqual(['no', 'yes']);
  expect(headLabels(null, ['no', 'yes'])).toEqual(['no', 'yes']);
  expect(headLabels(config, ['schlecht', 'gut'])).toEqual(['schlecht', 'gut']);
});

test.each([
  ['no names at all', {}, undefined, /no id2label/],
  ['names that name nothing', { id2label: { '0': 'LABEL_0', '1': 'LABEL_1' } }, undefined, /LABEL_0/],
  ['a gap', { id2label: { '0': 'a', '2': 'c' } }, undefined, /0 to 1/],
  ['a contradiction', { id2label: { '0': 'a', '1': 'b' }, label2id: { a: 1, b: 0 } }, undefined, /contradicts/],
  ['the same names in another order', config, ['positive', 'negative'], /another order/],
  ['a name twice', null, ['a', 'a'], /twice/],
])('refuses %s and says how to map', (_, given, mapped, message) => {
  expect(() => headLabels(given, mapped)).toThrowError(code);
  expect(() => headLabels(given, mapped)).toThrowError(message);
});

test('refuses data whose labels the model does not know, naming them', () => {
  const labels = ['negative', 'positive'];
  expect(() => checkLabels(labels, [example('positive', 1), example(null, 2)], 'data.csv')).not.toThrow();
  expect(() => checkLabels(labels, [example('positive', 1), example('mixed', 2)], 'data.csv')).toThrowError(
    /data.csv: 1 of 2 rows have labels that the model does not know: mixed; it knows: negative, positive/,
  );
  expect(() => checkLabels(labels, [example('Positive', 1)], 'x')).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('"positive"') }),
  );
  expect(() => checkLabels(labels, [example('1', 1)], 'x')).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('names in place of the numbers') }),
  );
});

const answers = (labels: readonly string[], predicted: number[]): Predictions => ({
  labels,
  predicted: Int32Array.from(predicted),
  scores: new Float32Array(),
  truncated: 0,
});

test('suspects a swap when a renaming scores far better, and not otherwise', () => {
  const labels = ['entailment', 'neutral', 'contradiction'];
  const truth = Array.from({ length: 60 }, (_, at) => at % 3);
  const examples = truth.map((index, at) => example(labels[index]!, at));
  const reversed = truth.map((index, at) => (at < 6 ? index : 2 - index));
  expect(suspectSwap(answers(labels, reversed), examples)).toMatchObject({
    renamed: expect.arrayContaining([{ model: 'contradiction', data: 'entailment' }]),
  });
  expect(suspectSwap(answers(labels, truth), examples)).toBeNull();
  const poor = truth.map((index, at) => (at % 2 === 0 ? index : (index + at) % 3));
  expect(suspectSwap(answers(labels, poor), examples)).toBeNull();
  expect(suspectSwap(answers(labels, reversed.slice(0, 10)), examples.slice(0, 10))).toBeNull();
});
