import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capital, clip, listed, plural, visible } from './text.ts';

test('what acts instead of being seen is replaced, scripts and emoji stay', () => {
  expect(visible('a\u001b[31mb\u0000\u009b')).toBe('a�[31mb��');
  expect(visible('line\r\nnext\ttab\u2028end')).toBe('line next tab end');
  expect(visible('\u202egnp.exe\u2066x\ufeff')).toBe('�gnp.exe�x�');
  expect(visible('half \ud83d and \udc69 whole 👩‍👩‍👧')).toBe('half � and � whole 👩‍👩‍👧');
  expect(visible('עברית العربية 日本語')).toBe('עברית العربية 日本語');
});

test('after that no control character is left, whatever came in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }),
    { seed: 5 },
  );
});

test('clipping never splits a character', () => {
  expect(clip('short', 10)).toBe('short');
  expect(clip('👩👩👩👩', 3)).toBe('👩👩…');
  expect(clip('one two three', 5)).toBe('one…');
});

test('lists, plurals, capitals', () => {
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  expect(plural(1, 'row')).toBe('1 row');
  expect(plural(2000, 'row')).toBe('2,000 rows');
  expect(capital('it is')).toBe('It is');
  expect(capital('quantize/dynamic is')).toBe('quantize/dynamic is');
});
