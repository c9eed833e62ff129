import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { noDiacritics } from './diacritics.ts';

test.each([
  ['Crème brûlée, señor Łukasz, Øresund, Straße, œuvre', 'Creme brulee, senor Lukasz, Oresund, Strasse, oeuvre'],
  ['Αθήνα', 'Αθηνα'],
  ['e\u0301', 'e'],
  // Marks of these scripts change what is said.
  ['מִי हिन्दी ёлка がぎ', 'מִי हिन्दी ёлка がぎ'],
])('"%s"', (text, plain) => {
  expect(applied(noDiacritics, text)).toBe(plain);
});
