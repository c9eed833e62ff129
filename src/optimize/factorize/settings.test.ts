import { expect, test } from 'vitest';
import { wishOf, type RankSettings } from './settings.ts';

const settings = (change: Partial<RankSettings>): RankSettings => ({
  budget: 'ratio',
  ratio: 0.5,
  error: 0.1,
  share: 0.25,
  rank: 16,
  ...change,
});

test('each budget asks for what it needs', () => {
  expect(wishOf(64, 128, settings({}))).toEqual({ most: 40, error: null });
  expect(wishOf(64, 128, settings({ budget: 'error' }))).toEqual({ most: 40, error: 0.1 });
  expect(wishOf(64, 128, settings({ budget: 'rank', rank: 20 }))).toEqual({ most: 24, error: null });
  expect(wishOf(64, 128, settings({ budget: 'share' }))).toEqual({ most: 16, error: null });
  expect(wishOf(64, 128, settings({ budget: 'share', share: 0 }))).toEqual({ most: 8, error: null });
});

test('what is not faster is refused with the highest rank that is', () => {
  expect(wishOf(64, 128, settings({ budget: 'rank', rank: 64 }))).toBe(
    'rank 64 is not faster for [64, 128]: the highest that is, is 40',
  );
  expect(wishOf(16, 16, settings({}))).toContain('not faster than one of [16, 16]');
  expect(wishOf(1, 4000, settings({}))).toContain('not faster');
});
