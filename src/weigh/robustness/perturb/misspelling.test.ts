import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { misspelling, misspellings } from './misspelling.ts';

test('HELM: one word of the list in ten, case kept', () => {
  const changed = applied(misspelling, 'because Because BECAUSE xyz '.repeat(2000)).trim().split(' ');
  const wrong = new Set(misspellings.get('because'));
  let hits = 0;
  for (const [at, word] of changed.entries()) {
    if (at % 4 === 3) expect(word).toBe('xyz');
    else if (word.toLowerCase() !== 'because') {
      hits += 1;
      expect(wrong).toContain(word.toLowerCase());
      expect(word).toMatch([/^[a-z]+$/, /^[A-Z][a-z]+$/, /^[A-Z]+$/][at % 4]!);
    }
  }
  expect(Math.abs(hits / 6000 - 0.1)).toBeLessThan(3 * Math.sqrt(0.09 / 6000));
});

test('every misspelling differs from its word, and none is empty', () => {
  expect(misspellings.size).toBeGreaterThan(200);
  for (const [word, wrong] of misspellings) {
    expect(wrong).not.toContain(word);
    for (const one of wrong) expect(one).toMatch(/^[a-z']+$/);
  }
});
