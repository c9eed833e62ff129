import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { filler } from './filler.ts';

test('fillers stand before words, never before the first or after the last', () => {
  const changed = applied(filler, 'one two', { strength: 1 });
  expect(changed).toMatch(/^one [A-Za-z ]+ two$/);
  expect(changed).not.toBe('one two');
  expect(applied(filler, ' one ', { strength: 1 })).toBe(' one ');
});

test('HELM: before one word in ten', () => {
  const words = 'word '.repeat(5001).trim();
  const kept = applied(filler, words).match(/word word/g)!.length;
  // Overlapping matches are counted every other time: count the words that a filler follows instead.
  const followed = applied(filler, words).match(/word (?!word)/g)!.length;
  expect(kept).toBeGreaterThan(0);
  expect(Math.abs(followed / 5000 - 0.1)).toBeLessThan(0.015);
});
