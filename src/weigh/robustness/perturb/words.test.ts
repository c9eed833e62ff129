import { expect, test } from 'vitest';
import { anyOf, mapWords, matchCase, plainKey, tableOf, unitsOf, wordsOf } from './words.ts';

test('finds words in any script, with apostrophes inside and marks attached', () => {
  expect(wordsOf("don't say “naïve”, say שלום or 你好 #42!")).toEqual([
    "don't",
    'say',
    'naïve',
    'say',
    'שלום',
    'or',
    '你好',
    '42',
  ]);
  expect(wordsOf('… 🙂 !')).toEqual([]);
  expect(mapWords('a-b, c', (word) => word.toUpperCase())).toBe('A-B, C');
});

test('keeps marks with their letters', () => {
  expect(unitsOf('e\u0301te\u0301')).toEqual(['e\u0301', 't', 'e\u0301']);
});

test('a replacement takes the case of what it replaces', () => {
  expect(['word', 'Word', 'WORD', 'wORD', 'I', 'A1'].map((word) => matchCase(word, 'other thing'))).toEqual([
    'other thing',
    'Other thing',
    'OTHER THING',
    'other thing',
    'Other thing',
    'Other thing',
  ]);
  expect(matchCase('Word', '')).toBe('');
});

test('phrases are found where they stand alone, the longest first, whatever their case or apostrophe', () => {
  const pattern = anyOf(['log in', 'log', "can't", 'c++'])!;
  expect('Log  in the LOG, catalog logs, can’t, c++'.match(pattern)).toEqual(['Log  in', 'LOG', 'can’t', 'c++']);
  expect(anyOf([])).toBeNull();
  expect(plainKey('Log  IN can’t')).toBe("log in can't");
});

test('reads a table', () => {
  expect([...tableOf('\n  a: b, c\n  d: e\n')]).toEqual([
    ['a', ['b', 'c']],
    ['d', ['e']],
  ]);
});
