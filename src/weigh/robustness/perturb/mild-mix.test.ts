import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { misspellings } from './misspelling.ts';
import { mildMix } from './mild-mix.ts';

test('HELM: lowercase, contraction, misspelling 0.1, one to three spaces, in this order', () => {
  const text = 'I Am Sure BECAUSE It Is Not. '.repeat(3000);
  const words = applied(mildMix, text).trim().split(/ +/);
  // "I Am" and "It Is" were written in capitals: small letters come first, then the contraction finds them.
  expect(words).toHaveLength(5 * 3000);
  expect(words.filter((word) => word === "i'm")).toHaveLength(3000);
  expect(words.filter((word) => word === "it's")).toHaveLength(3000);
  const wrong = words.filter((word) => misspellings.get('because')!.includes(word)).length;
  expect(wrong + words.filter((word) => word === 'because').length).toBe(3000);
  expect(Math.abs(wrong / 3000 - 0.1)).toBeLessThan(3 * Math.sqrt(0.09 / 3000));
  const spaces = applied(mildMix, text).trim().match(/ +/g)!;
  expect(new Set(spaces.map((run) => run.length))).toEqual(new Set([1, 2, 3]));
});

test('without misspellings and with one space between words only the casing and the short forms are left', () => {
  expect(applied(mildMix, 'Do NOT go', { strength: 0 }).replace(/ +/g, ' ')).toBe("don't go");
});
