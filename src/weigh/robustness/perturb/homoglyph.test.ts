import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { homoglyph, invisible } from './homoglyph.ts';

test('every letter that has a twin becomes it: no Latin letter, same number of characters', () => {
  const twins = applied(homoglyph, 'aceijopsxyABCEHIJKMOPSTXYZ', { strength: 1 });
  expect(twins).toMatch(/^[\p{Script=Cyrillic}\p{Script=Greek}]+$/u);
  expect(twins).toHaveLength(26);
  expect(new Set(twins)).toHaveProperty('size', 26);
  expect(applied(homoglyph, 'bdß1!', { strength: 1 })).toBe('bdß1!');
});

test('invisible characters stand between letters only, and taking them out gives the text back', () => {
  const text = 'Where is it, 12 days?';
  const changed = applied(invisible, text, { strength: 1 });
  expect(changed.length).toBe(text.length + 4 + 1 + 1 + 3);
  expect(changed.replace(/\u200b|\u200c|\u200d|\u2060|\u00ad/g, '')).toBe(text);
});
