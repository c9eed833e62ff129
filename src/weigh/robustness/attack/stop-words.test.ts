import { expect, test } from 'vitest';
import { isStopWord } from './stop-words.ts';

test.each(['the', 'The', 'DON’T', "it's", "we'll", 'not'])('"%s" is a stop word', (word) => {
  expect(isStopWord(word)).toBe(true);
});

test.each(['good', 'bank', "bank's", 'theory', ''])('"%s" is none', (word) => {
  expect(isStopWord(word)).toBe(false);
});
