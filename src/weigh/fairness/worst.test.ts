import { expect, test } from 'vitest';
import { tangoInterval, wilson } from '../../statistics/index.ts';
import { sharedConfidence, worstLoss, worstShare } from './worst.ts';

test('one group: its own interval', () => {
  expect(worstShare([40], [50], 0.95)).toEqual({ value: 0.8, ...wilson(40, 50, 0.95), at: 0 });
  const { low, high } = tangoInterval({ b: 6, c: 1, n: 50 }, 0.95);
  expect(worstLoss([{ b: 6, c: 1, n: 50 }], 0.95)).toEqual({ value: 0.1, low: -high, high: -low, at: 0 });
});

test('the worst of several, from below as the worst single one, from above corrected', () => {
  const found = worstShare([95, 70, 30], [100, 100, 31], 0.95);
  expect(found).toMatchObject({ value: 0.7, at: 1, low: wilson(70, 100, 0.95).low });
  expect(found.high).toBe(wilson(70, 100, sharedConfidence(0.95, 3)).high);
  // A small group that looks fine may be the worst one in truth.
  expect(worstShare([95, 29], [100, 30], 0.95).low).toBe(wilson(29, 30, 0.95).low);
});

test('nobody changes: no loss, but as much as the smallest group leaves open', () => {
  const found = worstLoss(
    [500, 30].map((n) => ({ b: 0, c: 0, n })),
    0.95,
  );
  expect(found.value).toBe(0);
  expect(found.high).toBeCloseTo(-tangoInterval({ b: 0, c: 0, n: 30 }, 0.95).low, 12);
  expect(found.low).toBeLessThanOrEqual(0);
});

test('every group gains: the loss is negative', () => {
  const found = worstLoss(
    [
      { b: 0, c: 9, n: 100 },
      { b: 1, c: 3, n: 100 },
    ],
    0.95,
  );
  expect(found).toMatchObject({ value: -0.02, at: 1 });
});
