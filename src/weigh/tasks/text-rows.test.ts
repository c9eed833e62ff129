import { expect, test } from 'vitest';
import { exampleOf, textInputs, tokenizerOf } from './testing/text.ts';
import { textRows, wholeText } from './text-rows.ts';

const parts = { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), maxLength: 5 };

test('examples of several rows are in a bucket by their number and their longest', () => {
  let made = 0;
  const { bucket, encode, text } = textRows(parts, 'multiple-choice', ({ choices }, maxLength) => {
    made += 1;
    return choices!.map((choice) => parts.tokenizer.encode(choice, undefined, maxLength));
  });
  const example = exampleOf({ choices: ['order', 'my refund', 'where is my order'] });
  expect(bucket!(example)).toBe('3 of 5');
  expect(bucket!(exampleOf({ choices: ['order'] }))).toBe('3');
  expect(encode([example])).toMatchObject({ truncated: 1, tokens: 12, feeds: { input_ids: { dims: [3, 5] } } });
  expect(text.tokens(example)).toHaveLength(12);
  expect(made).toBe(2);
});

test('one row of a text, and of a pair', () => {
  const { encode } = textRows(parts, 'text-classification', wholeText(parts));
  expect(encode([exampleOf({ text: 'order' }), exampleOf({ text: 'a', pair: 'a' })]).feeds['input_ids']!.dims).toEqual([
    2, 5,
  ]);
  expect(() => encode([exampleOf({})])).toThrowError(/has no text/);
});
