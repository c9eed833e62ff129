import { expect, test } from 'vitest';
import type { Predictions } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { judgeTags } from './tags.ts';

const labels = ['O', 'B-PER', 'I-PER', 'B-MISC', 'I-MISC'];
const judging = judgeTags(labels, 'lenient');
const predictions = (...answers: readonly string[]): Predictions => ({
  labels,
  predicted: new Int32Array(),
  scores: new Float32Array(),
  truncated: 0,
  answers: answers.map((tags) => tags.split(' ')),
});
const example = (id: string, tags: string) => exampleOf({ id, words: tags.split(' '), gold: tags.split(' ') });
// The example of seqeval's documentation: micro F1 0.50, accuracy 0.80; types MISC 0 and PER 1.
const examples = [example('1', 'O O O B-MISC I-MISC I-MISC O'), example('2', 'B-PER I-PER O')];
const given = predictions('O O B-MISC I-MISC I-MISC I-MISC O', 'B-PER I-PER O');

test('gives seqeval’s numbers', () => {
  const judged = judging.judge(examples, given, given);
  expect([...judged.values()]).toEqual([0.5, 0.5, 0.5, 0.5, 0.8]);
  expect(judged.slices!.columns.map(({ name }) => name)).toEqual(['entity=MISC', 'entity=PER']);
  expect(judged.slices!.columns.map(({ count }) => count)).toEqual([1, 1]);
  expect([...judged.slices!.values()]).toEqual([0, 1]);
  expect([...judged.right!]).toEqual([0, 1]);
});

test('weights stand for sentences that occur as often', () => {
  const judged = judging.judge(examples, given, given);
  // Two wrong of MISC, four right of PER: 2·4 / (6 + 6).
  expect(judged.values([2, 4])[0]).toBeCloseTo(8 / 12, 12);
  expect([...judged.values([0, 1])]).toEqual([1, 1, 1, 1, 1]);
  expect([...judged.slices!.values([0, 1])]).toEqual([0, 1]);
});

test('sentences without tags are not judged; another tag is a change', () => {
  const { rows } = judging.judge([exampleOf({ words: ['a'] }), examples[1]!], predictions('O', 'O O O'), given);
  expect(rows).toEqual([1]);
  expect(judging.changed!(given, predictions('O O B-MISC I-MISC I-MISC I-MISC O', 'B-PER O O'), 0)).toBe(false);
  expect(judging.changed!(given, predictions('', 'B-PER O O'), 1)).toBe(true);
});

test('refuses tags that the model does not know, too few tags, and tags of another scheme', () => {
  judging.check(examples, 'data');
  const refused = (more: Parameters<typeof exampleOf>[0], error: RegExp): void =>
    expect(() => judging.check([exampleOf(more)], 'data')).toThrowError(error);
  refused({ words: ['a'], gold: ['B-LOC'] }, /does not know: B-LOC/);
  refused({ words: ['a', 'b'], gold: ['O'] }, /2 words and 1 tags/);
  expect(() => judgeTags(labels, 'IOBES').check([exampleOf({ words: ['a'], gold: ['X-PER'] })], 'data')).toThrowError(
    /X-PER/,
  );
});
