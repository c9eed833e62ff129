import { expect, test } from 'vitest';
import { seeded } from '../../../../statistics/index.ts';
import { attackText } from '../testing/bag.ts';
import { textBugger } from './text-bugger.ts';

test('bugs stay inside the word; near words join where there are any', () => {
  const neighbors = (): readonly string[] => ['marvel', 'muse', 'awe', 'ponder', 'reflect', 'doubt'];
  const made = textBugger.candidates({ word: 'wonder', random: seeded(1, 'x'), neighbors });
  expect(made).toHaveLength(9);
  const [spaced, deleted, swapped, alike] = made;
  expect(spaced).toMatch(/^w.* .*r$/);
  expect(deleted).toMatch(/^w.{3}r$/);
  expect(swapped).toMatch(/^w.{4}r$/);
  expect(alike).toMatch(/[^ -~]/);
  expect(made.slice(4)).toEqual(['marvel', 'muse', 'awe', 'ponder', 'reflect']);
});

test('changes two words of five at most', async () => {
  const weights = { alpha: 1, bravo: 1, charlie: 1, delta: 1, echoes: 1 };
  const outcome = await attackText(textBugger, 'alpha bravo charlie delta echoes', { ...weights });
  expect(outcome.state).toBe('failed');
  // 1 original, 5 deletions, 4 bugs of each of two words.
  expect(outcome.queries).toBe(14);
});
