import { expect, test } from 'vitest';
import type { Predictions } from '../src/contracts/index.ts';
import { compareAnswers, distances, errorRatio, relativeError } from './answers.ts';

const predictions = (rows: readonly (readonly number[])[]): Predictions => ({
  labels: ['a', 'b'],
  predicted: Int32Array.from(rows, ([a, b]) => (b! > a! ? 1 : 0)),
  scores: Float32Array.from(rows.flat()),
  truncated: 0,
});

test('relative error is that of all logits together', () => {
  const far = distances(
    predictions([
      [3, 4],
      [0, 5],
    ]),
    predictions([
      [3, 4],
      [5, 5],
    ]),
  );
  // √(25 / 50)
  expect(relativeError(far)).toBeCloseTo(Math.SQRT1_2, 12);
});

test('the ratio of two errors: exact when one is a multiple, 1 against itself, open when the peer has none', () => {
  const reference = predictions(Array.from({ length: 40 }, (_, i) => [i, 1]));
  const off = (by: number) => distances(reference, predictions(Array.from({ length: 40 }, (_, i) => [i + by, 1])));
  const half = errorRatio(off(1), off(2));
  for (const value of [half.low, half.value, half.high]) expect(value).toBeCloseTo(0.5, 9);
  expect(errorRatio(off(0), off(0))).toEqual({ value: 1, low: 1, high: 1 });
  expect(errorRatio(off(1), off(0))).toEqual({ value: Infinity, low: Infinity, high: Infinity });
});

test('answers: flips count any change, lost and won only those that touch the truth', () => {
  const before = predictions([
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  const after = predictions([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
  expect(compareAnswers(Int32Array.of(0, 0, 0, 1), before, after)).toEqual({
    accuracy: 0.75,
    flips: 0.5,
    pairs: { b: 1, c: 1, n: 4 },
  });
});
