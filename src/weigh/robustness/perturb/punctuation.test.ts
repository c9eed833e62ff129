import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { punctuationAdded, punctuationRemoved } from './punctuation.ts';

test.each([
  ['Hi, Anna! Is it "here"?', 'Hi Anna Is it here'],
  ["I'm sure: e-mail costs 3.50 (or 4,000)...", "I'm sure e-mail costs 3.50 or 4,000"],
  ['¿Dónde está?', 'Dónde está'],
  ['!!!', ''],
])('removes the marks of "%s"', (text, plain) => {
  expect(applied(punctuationRemoved, text)).toBe(plain);
});

test('adds marks after words, and one at an end that has none', () => {
  const text = 'where is my order';
  for (let seed = 0; seed < 10; seed++) {
    const changed = applied(punctuationAdded, text, {}, seed);
    expect(changed).toMatch(/(?:[.!]|!!|\.\.\.)$/);
    expect(changed.replace(/[^\p{L} ]/gu, '').replace(/ +/g, ' ')).toBe(text);
  }
  expect(applied(punctuationAdded, 'where is it?', { strength: 0 })).toBe('where is it?');
  expect(applied(punctuationAdded, 'a b c.', { strength: 1 })).toMatch(/^a\S* ?-? ?b/);
});
