import { expect, test } from 'vitest';
import { scoresOf } from './unstructured-scores.ts';

test('|w|, and |w| · ‖x‖ of the weight’s own input', () => {
  const weight = Float32Array.of(1, -2, 3, 0);
  expect([...scoresOf(weight, 2, null)]).toEqual([1, 2, 3, 0]);
  // ‖x‖ is 2 for the first input and 0.5 for the second.
  expect([...scoresOf(weight, 2, Float64Array.of(4, 0.25))]).toEqual([2, 4, 1.5, 0]);
});
