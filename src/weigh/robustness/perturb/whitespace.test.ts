import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { whitespace } from './whitespace.ts';

test('only white space changes, in every way that is promised', () => {
  const text = 'one two three '.repeat(500).trim();
  const changed = applied(whitespace, text, { strength: 0.5 });
  expect(changed.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  for (const shape of [/\S\t\S/, /\S\n\S/, /\S\u00a0\S/, /\S {2}\S/, /onetwo|twothree|threeone/])
    expect(changed).toMatch(shape);
});

test('strength 0 and the empty text stay', () => {
  expect(applied(whitespace, ' a b ', { strength: 0 })).toBe(' a b ');
  expect(applied(whitespace, '', { strength: 1 })).toBe('');
});
