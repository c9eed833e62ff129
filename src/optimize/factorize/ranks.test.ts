import { describe, expect, test } from 'vitest';
import { allocate, rankStep, stepped, totalOf, usefulRank, type Candidate } from './ranks.ts';

test('a useful rank costs less than the layer, and the next step does not', () => {
  expect(usefulRank(768, 3072)).toBe(608);
  // k·n / (k + n) = 32 exactly: 32 costs the same.
  expect(usefulRank(64, 64)).toBe(24);
  expect(usefulRank(16, 16)).toBe(0);
  expect(usefulRank(1, 1000)).toBe(0);
  expect(usefulRank(0, 10)).toBe(0);
  for (const [k, n] of [
    [100, 300],
    [768, 768],
    [33, 1000],
  ] as const) {
    const rank = usefulRank(k, n);
    expect(rank * (k + n)).toBeLessThan(k * n);
    expect((rank + rankStep) * (k + n)).toBeGreaterThanOrEqual(k * n);
  }
});

test('stepped rounds and never gives 0', () => {
  expect([0, 3, 11, 12, 64, 100].map(stepped)).toEqual([8, 8, 8, 16, 64, 104]);
});

/** A layer of 64 × 64 whose squared singular values fall by a factor per direction. */
const layer = (decay: number, weight = 1): Candidate => {
  const squares = Array.from({ length: 64 }, (_, i) => decay ** i);
  const total = squares.reduce((sum, one) => sum + one, 0);
  return {
    whole: 64 * 64,
    perRank: 128,
    tails: Float64Array.from({ length: 4 }, (_, i) => squares.slice(i * 8).reduce((sum, one) => sum + one, 0) / total),
    weight,
  };
};

describe('allocate', () => {
  test('nothing to save: all whole; nothing allowed: all at their lowest', () => {
    const layers = [layer(0.9), layer(0.5)];
    expect(allocate(layers, 2 * 64 * 64)).toEqual([0, 0]);
    expect(allocate(layers, 0)).toEqual([8, 8]);
    expect(allocate([], 0)).toEqual([]);
  });

  test('the layer whose numbers fall faster gives more; equal layers get the same', () => {
    const [slow, fast] = allocate([layer(0.95), layer(0.6)], 0.5 * 2 * 64 * 64);
    expect(fast).toBe(8);
    expect(slow === 0 || slow! > 8).toBe(true);
    const same = allocate([layer(0.9), layer(0.9)], 0.5 * 2 * 64 * 64);
    expect(same[0]).toBe(same[1]);
  });

  test('no choice of ranks within the same cost loses less', () => {
    const layers = [layer(0.97), layer(0.85), layer(0.7, 2)];
    const found = totalOf(layers, allocate(layers, 0.55 * 3 * 64 * 64));
    expect(found.cost).toBeLessThanOrEqual(0.55 * 3 * 64 * 64);
    const choices = [0, 8, 16, 24];
    for (const a of choices)
      for (const b of choices)
        for (const c of choices) {
          const other = totalOf(layers, [a, b, c]);
          if (other.cost <= found.cost) expect(other.error).toBeGreaterThanOrEqual(found.error - 1e-12);
        }
  });

  test('a layer of zeros goes first', () => {
    const zeros = { ...layer(0.9), tails: new Float64Array(4) };
    expect(allocate([layer(0.99), zeros], 0.7 * 2 * 64 * 64)[1]).toBe(8);
  });
});
