import { expect, test } from 'vitest';
import { offsetsOf } from './offsets.ts';
import { tokenizerOf } from './testing/text.ts';

const pieces = (text: string, kind: 'wordPiece' | 'byteLevel' = 'wordPiece'): readonly string[] => {
  const tokenizer = tokenizerOf(kind);
  const { tokens } = tokenizer.split(text);
  return offsetsOf(text, tokens, tokenizer.marks, '[UNK]').map(({ start, end }) => text.slice(start, end));
};

test('tokens stand for the characters that they were made of, in any case and with accents', () => {
  expect(pieces('Where is  my REFUND?')).toEqual(['Where', 'is', 'my', 'REFUND', '?']);
  expect(pieces('Ordering orders')).toEqual(['Order', 'ing', 'order', 's']);
  expect(pieces('the Café.')).toEqual(['the', 'Ca', 'fé', '.']);
});

test('unknown words get what lies between their neighbors', () => {
  expect(pieces('my xyzzy order')).toEqual(['my', 'xyzzy', 'order']);
  // "to" is also inside the unknown word.
  expect(pieces('my zztozz to')).toEqual(['my', 'zztozz', 'to']);
  expect(pieces('my (zz), order')).toEqual(expect.arrayContaining(['my', 'order']));
  expect(pieces('zz zz')).toEqual(['zz zz', 'zz zz']);
});

test('byte-level tokens may be part of a character', () => {
  const text = 'My café — “ok”';
  const found = pieces(text, 'byteLevel');
  expect(found.join('')).not.toBe('');
  const tokenizer = tokenizerOf('byteLevel');
  const offsets = offsetsOf(text, tokenizer.split(text).tokens, tokenizer.marks, null);
  expect(offsets.every(({ start, end }, at) => start <= end && (at === 0 || offsets[at - 1]!.start <= start))).toBe(
    true,
  );
  // Every character but white space is covered.
  for (const [at, character] of [...text].entries())
    if (character !== ' ') expect(offsets.some(({ start, end }) => start <= at && at < end)).toBe(true);
});

test('no tokens, no offsets; white space alone stands for nothing', () => {
  expect(pieces('')).toEqual([]);
  expect(pieces('   ')).toEqual([]);
});
