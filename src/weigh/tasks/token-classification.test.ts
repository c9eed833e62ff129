import { expect, test } from 'vitest';
import { exampleOf, numbersOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';
import { tokenClassification } from './token-classification.ts';

const labels = ['O', 'B-X', 'I-X'];
const task = (
  maxLength = 16,
  config: unknown = {},
  kind: 'wordPiece' | 'byteLevel' = 'wordPiece',
  inputs = textInputs(),
) => tokenClassification({ tokenizer: tokenizerOf(kind, config), labels, inputs, output: 'y', maxLength });
/** Scores that say these tags, token by token. */
const scores = (...tags: readonly number[]) => {
  const data = tags.flatMap((tag) => labels.map((_, label) => (label === tag ? 1 : 0)));
  return resultOf({ y: [[1, tags.length, 3], data] });
};
const sentence = exampleOf({ words: ['Ordering', 'my', 'refunds'] });

test('a word has the tag of its first token', () => {
  const one = task();
  // [CLS] order ##ing my refund ##s [SEP]
  expect(numbersOf(one.encode([sentence]).feeds['input_ids'])).toEqual([2, 8, 20, 13, 7, 19, 3]);
  const rows = one.decode(scores(0, 1, 2, 0, 2, 1, 0), 1, [sentence]);
  expect(one.answer!(sentence, [rows])).toEqual({ numbers: new Float32Array(), answer: ['B-X', 'O', 'I-X'] });
});

test('padding on the left moves every word', () => {
  const one = task(16, { padding_side: 'left' }, 'wordPiece', textInputs(['N', 9]));
  const rows = one.decode(scores(1, 1, 0, 2, 0, 1, 0, 0, 0), 1, [sentence]);
  expect(one.answer!(sentence, [rows]).answer).toEqual(['I-X', 'B-X', 'O']);
});

test('words that were cut, or that have no token, are outside', () => {
  const one = task(5);
  expect(one.encode([sentence]).truncated).toBe(1);
  const rows = one.decode(scores(1, 1, 1, 1, 1), 1, [sentence]);
  expect(one.answer!(sentence, [rows]).answer).toEqual(['B-X', 'B-X', 'O']);
  const empty = exampleOf({ words: ['my', '', 'order'] });
  expect(task().encode([empty])).toMatchObject({ truncated: 0, tokens: 4 });
  expect(task().answer!(empty, [task().decode(scores(0, 1, 2, 0), 1, [empty])]).answer).toEqual(['B-X', 'O', 'I-X']);
});

test('byte-level tokenizers read each word with the space before it', () => {
  const tokenizer = tokenizerOf('byteLevel');
  const words = exampleOf({ words: ['my', 'order'] });
  const { ids } = tokenizer.split(' my order');
  expect(numbersOf(task(32, {}, 'byteLevel').encode([words]).feeds['input_ids']).slice(1, -1)).toEqual(ids);
});

test('refuses outputs of another shape, and examples without words', () => {
  const one = task();
  expect(() =>
    one.decode(
      resultOf({
        y: [
          [1, 2],
          [0, 0],
        ],
      }),
      1,
      [sentence],
    ),
  ).toThrowError(expect.objectContaining({ code: 'task/output' }));
  expect(() =>
    one.decode(
      resultOf({
        y: [
          [1, 1, 2],
          [0, 0],
        ],
      }),
      1,
      [sentence],
    ),
  ).toThrowError(expect.objectContaining({ code: 'task/head' }));
  expect(() => one.encode([exampleOf({})])).toThrowError(/no words/);
});

test('the fingerprint changes with the scheme', () => {
  const parts = { tokenizer: tokenizerOf('wordPiece'), labels, inputs: textInputs(), output: 'y', maxLength: 16 };
  expect(tokenClassification(parts, { scheme: 'IOB2' }).fingerprint).not.toBe(tokenClassification(parts).fingerprint);
});
