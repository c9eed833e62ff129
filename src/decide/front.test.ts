import { expect, test } from 'vitest';
import { normalCdf } from '../statistics/index.ts';
import { frontProbabilities } from './front.ts';

const at = (values: readonly number[], errors: readonly number[] = values.map(() => 0)) => ({ values, errors });

test('exact numbers: on the front or not', () => {
  expect(frontProbabilities([at([0, 1]), at([1, 0]), at([1, 1]), at([0, 1])], { seed: 1, draws: 20 })).toEqual([
    1, 1, 0, 1,
  ]);
});

test('one uncertain objective: the normal probability of being the better one', () => {
  // Equal in the second objective, so the front is whoever is smaller in the first: P(X < Y) with X − Y ~ N(−1, 1² + 2²).
  const [a, b] = frontProbabilities([at([0, 5], [1, 0]), at([1, 5], [2, 0])], { seed: 3, draws: 4000 });
  const expected = normalCdf(1 / Math.sqrt(5));
  expect(Math.abs(a! - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 4000));
  expect(a! + b!).toBeCloseTo(1, 12);
});

test('two uncertain objectives: dominated only when worse in both', () => {
  // The second is behind by 1 in both with errors √½ each, so it is worse in one with Φ(1): 1 − Φ(1)².
  const error = Math.SQRT1_2;
  const [, second] = frontProbabilities([at([0, 0], [error, error]), at([1, 1], [error, error])], {
    seed: 4,
    draws: 4000,
  });
  const expected = 1 - normalCdf(1) ** 2;
  expect(Math.abs(second! - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 4000));
});

test('the same seed gives the same; versions must be alike', () => {
  const versions = [at([0, 0], [1, 1]), at([1, 1], [1, 1])];
  expect(frontProbabilities(versions, { seed: 9 })).toEqual(frontProbabilities(versions, { seed: 9 }));
  expect(frontProbabilities([], { seed: 1 })).toEqual([]);
  expect(() => frontProbabilities([at([1]), at([1, 2])], { seed: 1 })).toThrow('different numbers');
});
