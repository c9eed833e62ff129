import { expect, test } from 'vitest';
import { numbersOf, textInputs, tokenizerOf } from './testing/text.ts';
import { textReader } from './text-reader.ts';

const rows = [
  { ids: [2, 5, 3], types: [0, 0, 0], truncated: false },
  { ids: [2, 3], types: [0, 0], truncated: false },
];

test('pads on the side that the tokenizer says', () => {
  const left = textReader(
    { tokenizer: tokenizerOf('wordPiece', { padding_side: 'left' }), inputs: textInputs(), maxLength: 8 },
    'retrieval',
  );
  expect(numbersOf(left.feeds(rows)['attention_mask'])).toEqual([1, 1, 1, 0, 1, 1]);
  expect([left.start(rows[1]!, 3), left.width(rows)]).toEqual([1, 3]);
});

test('rows may be shaped as choices of examples; the fixed length is then the third size', () => {
  const reader = textReader(
    { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(['N', 2, 4]), maxLength: 8 },
    'multiple-choice',
  );
  expect([reader.fixed, reader.maxLength]).toEqual([4, 4]);
  expect(reader.feeds(rows, [1, 2, 4])['input_ids']!.dims).toEqual([1, 2, 4]);
});

test('an input that no tokenizer makes is refused by name', () => {
  const inputs = [{ name: 'pixel_values', type: textInputs()[0]!.type }];
  expect(() => textReader({ tokenizer: tokenizerOf('wordPiece'), inputs, maxLength: 8 }, 'retrieval')).toThrowError(
    /"pixel_values"; retrieval feeds input_ids/,
  );
});
