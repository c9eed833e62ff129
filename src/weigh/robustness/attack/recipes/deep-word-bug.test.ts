import { expect, test } from 'vitest';
import { seeded } from '../../../../statistics/index.ts';
import { editDistance } from '../edit-distance.ts';
import { attackText } from '../testing/bag.ts';
import { deepWordBug } from './deep-word-bug.ts';

test('a swap, a substitution, a deletion and an insertion per word', () => {
  for (let seed = 0; seed < 20; seed++) {
    const made = deepWordBug.candidates({ word: 'wonder', random: seeded(seed, 'x'), neighbors: () => [] });
    expect(made).toHaveLength(4);
    expect(made.map((one) => one.length)).toEqual([6, 6, 5, 7]);
    expect(made.map((one) => editDistance('wonder', one, 9))).toEqual([2, 1, 1, 1]);
  }
});

test('breaks a word that a bag of words knows', async () => {
  const outcome = await attackText(deepWordBug, 'a wonderful film', { wonderful: 2, film: -0.5 });
  expect(outcome).toMatchObject({ state: 'succeeded', changed: 1, queries: 1 + 2 + 4 });
  expect(outcome.text.text).toMatch(/^a .+ film$/);
});
