import { expect, test } from 'vitest';
import { seeded } from '../../../../statistics/index.ts';
import { attackText } from '../testing/bag.ts';
import { pruthi } from './pruthi.ts';

test('every error inside a word, and none at its ends', () => {
  const made = pruthi.candidates({ word: 'film', random: seeded(1, 'x'), neighbors: () => [] });
  // 1 swap, 2 deletions, 3 insertions, keys beside i (u o k j) and l (k o p).
  expect(made).toHaveLength(13);
  for (const one of made) expect(one).toMatch(/^f.*m$/);
  expect(made).toContain('flim');
});

test('changes one word and no more, of four letters or more', async () => {
  const one = await attackText(pruthi, 'fine film', { fine: 2, film: -1 });
  expect(one).toMatchObject({ state: 'succeeded', changed: 1 });
  const two = await attackText(pruthi, 'fine film', { fine: 1, film: 1 });
  expect(two.state).toBe('failed');
  const short = await attackText(pruthi, 'big fun', { big: 1, fun: 1 });
  expect(short).toMatchObject({ state: 'failed', queries: 1 });
});
