import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { rareSynonym, rareSynonyms, synonym, synonyms } from './synonym.ts';

test('words become one of their synonyms, case kept; others stay', () => {
  for (let seed = 0; seed < 10; seed++) {
    expect(applied(synonym, 'Big zebra', { strength: 1 }, seed)).toBe('Large zebra');
    expect(['The predicament', 'The quandary']).toContain(applied(rareSynonym, 'The problem', { strength: 1 }, seed));
  }
});

test('HELM: one word of the list in ten', () => {
  const changed = applied(synonym, 'big '.repeat(5000)).match(/large/g)!.length;
  expect(Math.abs(changed / 5000 - 0.1)).toBeLessThan(3 * Math.sqrt(0.09 / 5000));
});

test('no word is its own synonym, and rare ones are not among the common ones', () => {
  for (const table of [synonyms, rareSynonyms])
    for (const [word, others] of table) {
      expect(others.length).toBeGreaterThan(0);
      expect(others).not.toContain(word);
    }
  for (const [word, others] of rareSynonyms)
    for (const one of others) expect(synonyms.get(word) ?? []).not.toContain(one);
});
