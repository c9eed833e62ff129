import { expect, test } from 'vitest';
import { embeddings, likeness } from './embedding.ts';
import { resultOf, textInputs, tokenizerOf } from './testing/text.ts';
import { textReader } from './text-reader.ts';

const rows = [
  { ids: [2, 5, 3], types: [], truncated: false },
  { ids: [2, 3], types: [], truncated: false },
];
// Two rows of three tokens of two numbers; the last token of the second row is padding.
const tokens = resultOf({
  h: [
    [2, 3, 2],
    [1, 2, 3, 4, 5, 9, -1, 0, -3, 4, 100, 100],
  ],
});
const reader = (config: unknown = {}) =>
  textReader({ tokenizer: tokenizerOf('wordPiece', config), inputs: textInputs(), maxLength: 8 }, 'retrieval');

test('token vectors become one, without the padding', () => {
  expect([...embeddings(tokens, 'h', rows, reader(), 'mean')]).toEqual([3, 5, -2, 2]);
  expect([...embeddings(tokens, 'h', rows, reader(), 'cls')]).toEqual([1, 2, -1, 0]);
  expect([...embeddings(tokens, 'h', rows, reader(), 'max')]).toEqual([5, 9, -1, 4]);
  // Padded on the left, the second row's own tokens are the last two.
  expect([...embeddings(tokens, 'h', rows, reader({ padding_side: 'left' }), 'cls')].slice(2)).toEqual([-3, 4]);
});

test('an output with one vector per text is taken as it is', () => {
  expect([
    ...embeddings(
      resultOf({
        e: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      }),
      'e',
      rows,
      reader(),
      'mean',
    ),
  ]).toEqual([1, 2, 3, 4]);
  expect(() => embeddings(resultOf({ e: [[2], [1, 2]] }), 'e', rows, reader(), 'mean')).toThrowError(
    expect.objectContaining({ code: 'task/output' }),
  );
});

test('likeness of vectors; nothing is like nothing: 0', () => {
  expect(likeness([1, 0], [1, 1], 'cosine')).toBeCloseTo(Math.SQRT1_2, 12);
  expect(likeness([1, 2], [3, 4], 'dot')).toBe(11);
  expect(likeness([0, 0], [1, 1], 'cosine')).toBe(0);
});
