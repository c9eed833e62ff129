import { expect, test } from 'vitest';
import { surenessOf, thresholdFor } from './sureness.ts';

test('largest probability and entropy, from logits and from probabilities', () => {
  const { largest, entropy } = surenessOf(Float32Array.from([0, 0, 0, 0, 0.7, 0.1, 0.1, 0.1]), 4, -1);
  expect(largest[0]).toBeCloseTo(0.25, 12);
  expect(entropy[0]).toBeCloseTo(Math.log(4), 12);
  expect(largest[1]).toBeCloseTo(0.7, 6);
  expect(entropy[1]).toBeCloseTo(-(0.7 * Math.log(0.7) + 0.3 * Math.log(0.1)), 6);
});

test('sure of “none of them” is unsure of the rest', () => {
  const { largest, entropy } = surenessOf(Float32Array.from([0.9, 0.08, 0.01, 0.01, 0, 1, 0, 0]), 4, 0);
  expect(largest[0]).toBeCloseTo(0.38, 6);
  expect(entropy[0]).toBeGreaterThan(1.08);
  expect(largest[1]).toBe(1);
  expect(entropy[1]).toBe(0);
});

test('a threshold keeps the share that is wanted, ties included', () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.5];
  const none = [0, 0, 0, 0, 0];
  expect(thresholdFor(scores, none, 0.8)).toBe(0.6);
  expect(thresholdFor(scores, none, 0.75)).toBe(0.6);
  expect(thresholdFor(scores, none, 1)).toBe(0.5);
  // The surest one is refused: four are left, all of which are needed for 80 %.
  expect(thresholdFor(scores, [1, 0, 0, 0, 0], 0.8)).toBe(0.5);
  expect(thresholdFor(scores, [1, 1, 0, 0, 0], 0.8)).toBe(Number.NEGATIVE_INFINITY);
});
