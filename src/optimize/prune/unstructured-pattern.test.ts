import { expect, test } from 'vitest';
import { countOf, markLowest, markPattern } from './unstructured-pattern.ts';

const marked = (scores: readonly number[], n: number, pattern: Parameters<typeof markPattern>[2]): number[] => {
  const dropped = new Uint8Array(scores.length);
  markPattern(Float64Array.from(scores), n, pattern, dropped);
  return [...dropped];
};

test('a share is a whole number of weights, and one always stays', () => {
  expect([0, 0.24, 0.5, 0.99, 1].map((share) => countOf(share, 4))).toEqual([0, 1, 2, 3, 3]);
  expect(countOf(1, 1)).toBe(0);
});

test('exactly as many as asked for, also among equal ones', () => {
  const marks = new Uint8Array(5).fill(9);
  markLowest(Float64Array.of(3, 1, 2, 1, 1), 2, marks);
  expect([...marks]).toEqual([0, 1, 0, 1, 0]);
  markLowest(new Float64Array(5), 3, marks);
  expect([...marks]).toEqual([1, 1, 1, 0, 0]);
  markLowest(Float64Array.of(3, 1, 2, 1, 1), 0, marks);
  expect([...marks]).toEqual([0, 0, 0, 0, 0]);
});

test('per output, per layer, per group', () => {
  // Outputs are columns: the first holds 1 2 3 4, the second 5 8 7 6.
  const scores = [1, 5, 2, 8, 3, 7, 4, 6];
  expect(marked(scores, 2, { kind: 'share', share: 0.5, within: 'output' })).toEqual([1, 1, 1, 0, 0, 0, 0, 1]);
  expect(marked(scores, 2, { kind: 'share', share: 0.5, within: 'layer' })).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  expect(marked(scores, 2, { kind: 'group', keep: 2, of: 4 })).toEqual([1, 1, 1, 0, 0, 0, 0, 1]);
  expect(marked([...scores, ...scores], 2, { kind: 'group', keep: 1, of: 4 })).toEqual([
    1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1,
  ]);
});
