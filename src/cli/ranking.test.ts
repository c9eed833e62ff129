import { expect, test } from 'vitest';
import type { Ranking, Timed } from '../engine/build/fastest.ts';
import { rankingLines } from './ranking.ts';

const timed = (id: string, low: number, value: number, high: number): Timed =>
  ({
    chain: { id, steps: [], session: {} },
    sizeBytes: 2_500_000,
    relativeError: 0.0123,
    ratio: { low, value, high },
  }) as unknown as Timed;

test('speeds are how many times faster, and the interval turns round with them', () => {
  const ranking: Ranking = {
    ranked: [timed('a', 0.4, 0.5, 0.8), timed('longer name', 0.5, 1, 2)],
    leftOut: [{ chain: { id: 'c', steps: [], session: {} }, reason: 'too far away' }],
    caveat: 'a busy machine',
  };
  expect(rankingLines(ranking)).toEqual([
    'version      speed [95 % interval]  output error  size',
    'a            2.00× [1.25×, 2.50×]   1.2 %         2.50 MB',
    'longer name  1.00× [0.50×, 2.00×]   1.2 %         2.50 MB',
    'left out: c: too far away',
    'timing: a busy machine',
  ]);
});

test('says when nothing is shown to be faster', () => {
  const lines = rankingLines({ ranked: [timed('a', 0.9, 0.95, 1.05)], leftOut: [], caveat: null });
  expect(lines.at(-1)).toContain('not shown to be faster');
});
