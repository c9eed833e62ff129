import { expect, test } from 'vitest';
import { logRows } from './log-probabilities.ts';

const labels = ['a', 'b'];
const read = (scores: number[], row = 0): number[] => {
  const into = new Float64Array(2);
  logRows({ scores: Float32Array.from(scores), labels }).read(row, into);
  return [...into];
};

test('logits: softmax in float64 without overflow', () => {
  const [a, b] = read([1000, 1001]);
  expect(a).toBeCloseTo(-1 - Math.log1p(Math.exp(-1)), 12);
  expect(Math.exp(a!) + Math.exp(b!)).toBeCloseTo(1, 14);
  expect(read([-1e4, 0])[0]).toBeCloseTo(-1e4, 6);
});

test('probabilities stay, and one that is given as 0 counts as the smallest float32', () => {
  expect(read([0.25, 0.75])[0]).toBeCloseTo(Math.log(0.25), 7);
  expect(read([0, 1])).toEqual([Math.log(2 ** -149), 0]);
});

test('one row of logits that sums to 1 does not change how it is read', () => {
  const [a] = read([0.3, 0.7, 2, -1]);
  expect(a).toBeCloseTo(-Math.log1p(Math.exp(Math.fround(0.7) - Math.fround(0.3))), 6);
  expect(logRows({ scores: new Float32Array(0), labels: [] }).rows).toBe(0);
});
