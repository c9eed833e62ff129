import { expect, test } from 'vitest';
import { knowledgeOf, ownBounds, pOwnAbove, pOwnBelow } from './own-value.ts';
import { wilson } from './proportions.ts';

const share = (successes: number, n: number) => ({
  value: successes / n,
  ...wilson(successes, n, 0.95),
  confidence: 0.95,
  samples: n,
  unit: 'proportion' as const,
});
const timed = (value: number, half: number, samples: number) => ({
  value,
  low: value - half,
  high: value + half,
  confidence: 0.95,
  samples,
  unit: 'ms' as const,
});

test('a share with its Wilson interval is a count, judged by the exact binomial test', () => {
  const own = share(30, 2000);
  expect(knowledgeOf(own)).toEqual({ kind: 'count', successes: 30, n: 2000 });
  // scipy.stats.binomtest(30, 2000, 0.02), 'less' and 'greater'.
  expect(pOwnBelow(own, 0.02)).toBeCloseTo(0.05984432551628188, 10);
  expect(pOwnAbove(own, 0.02)).toBeCloseTo(0.9582933593063031, 10);
  expect(ownBounds(own, 0.95).lower).toBeCloseTo(0.010817084766470603, 10);
  expect(ownBounds(own, 0.95).upper).toBeCloseTo(0.02029078330315148, 10);
});

test('nothing seen is not nothing there', () => {
  const none = share(0, 300);
  expect(pOwnBelow(none, 0)).toBe(1);
  // 0.99 to the power of 300.
  expect(pOwnBelow(none, 0.01)).toBeCloseTo(0.049040894071285854, 12);
  const perfect = { value: 1, low: 1, high: 1, confidence: 0.95, samples: 20, unit: 'score' as const };
  expect(pOwnAbove(perfect, 0.9)).toBeGreaterThan(0.05);
  expect(pOwnAbove(perfect, 0.5)).toBeLessThan(0.05);
  expect(ownBounds(perfect, 0.95).lower).toBeLessThan(0.9);
});

test('many samples: the normal approximation; few: heavier tails', () => {
  expect(pOwnBelow(timed(10, 1.96, 100_000), 11.644854)).toBeCloseTo(0.05, 4);
  expect(pOwnAbove(timed(10, 1.96, 100_000), 8.355146)).toBeCloseTo(0.05, 4);
  // Student's t with 2 degrees of freedom: 95 % lies below 2.9200.
  const few = timed(10, 1.959964, 3);
  expect(pOwnBelow(few, 12.9199855803537)).toBeCloseTo(0.05, 6);
  expect(ownBounds(few, 0.95).upper).toBeCloseTo(12.9199855803537, 5);
  expect(pOwnBelow(few, 10)).toBe(0.5);
});

test('bounds are where the tests turn', () => {
  for (const own of [share(3, 50), share(45, 50), timed(7, 0.5, 12)])
    for (const confidence of [0.9, 0.99]) {
      const { lower, upper } = ownBounds(own, confidence);
      expect(pOwnBelow(own, upper)).toBeCloseTo(1 - confidence, 6);
      expect(pOwnAbove(own, lower)).toBeCloseTo(1 - confidence, 6);
    }
});

test('a value at the edge of its interval borrows the error of the other side', () => {
  const own = { ...timed(10, 1, 50), low: 10 };
  expect(pOwnAbove(own, 9.9)).toBeGreaterThan(0.3);
  expect(pOwnBelow({ ...timed(10, 0, 50) }, 10.1)).toBe(0);
  expect(knowledgeOf({ ...timed(10, 0, 50) })).toEqual({ kind: 'exact' });
});
