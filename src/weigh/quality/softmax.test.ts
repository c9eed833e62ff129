import { expect, test } from 'vitest';
import { probabilities } from './softmax.ts';

test('turns logits into probabilities without overflow', () => {
  const row = probabilities(Float32Array.of(9, 1000, 1001, 9), 1, 2);
  expect(row[0]).toBeCloseTo(1 / (1 + Math.E), 6);
  expect(row[0]! + row[1]!).toBeCloseTo(1, 12);
});

test('leaves probabilities as they are', () => {
  expect([...probabilities([0.25, 0.75], 0, 2)]).toEqual([0.25, 0.75]);
  expect([...probabilities([0.25, 0.25], 0, 2)]).toEqual([0.5, 0.5]);
});
