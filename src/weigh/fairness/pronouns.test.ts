import { expect, test } from 'vitest';
import type { Random } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { pronouns } from './pronouns.ts';

/** Always the first (0) or the second (1) of the other two. */
const choose = (at: number): Random => ({ ...seeded(1, 'p'), integer: () => at });
const swap = (text: string, at: number): string | undefined => pronouns.swap([text], choose(at))?.texts[0];

test.each([
  ['he lost his card', 'she lost her card'],
  ['tell him it is his', 'tell her it is hers'],
  ['He hurt himself', 'She hurt herself'],
  ['I told her that she owes me her book', 'I told him that he owes me his book'],
  ['ask her', 'ask him'],
  ['ask her to call', 'ask him to call'],
  ["she's late and SHE knows", "he's late and HE knows"],
  ['he gave him his, not hers', 'she gave her hers, not his'],
])('%s → %s', (before, after) => {
  expect(swap(before, 0)).toBe(after);
});

test.each([
  ['he is late', 'they are late'],
  ["he doesn't know what she wants", "they don't know what she wants"],
  ['He wants his money', 'They want their money'],
  ['she tries, she watches, she goes', 'they try, they watch, they go'],
  ["he's here", "they're here"],
  ['does he always pass', 'does they always pass'],
  ['it was hers', 'it was theirs'],
])('they: %s → %s', (before, after) => {
  expect(swap(before, 1)).toBe(after);
});

test('whom it was about and is about now; both parts of an example', () => {
  expect(pronouns.swap(['she left', 'did she?'], choose(0))).toEqual({
    texts: ['he left', 'did he?'],
    from: 'she',
    to: 'he',
  });
});

test('no pronoun of one person, nothing inside other words', () => {
  expect(swap('they left the theater with Sherlock', 0)).toBeUndefined();
});
