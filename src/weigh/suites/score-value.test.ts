import { expect, test } from 'vitest';
import { deviation, finite, scoreDraws, scoreOf, scoreValue } from './score-value.ts';

test('a score is 100 × the mean of the metrics', () => {
  expect(scoreOf([0.5, 0.7])).toBeCloseTo(60, 12);
  expect([...scoreDraws([Float64Array.of(0, 1), Float64Array.of(1, 1)])]).toEqual([50, 100]);
});

test('the standard error is the spread of the replicates; samples without a value tell nothing', () => {
  expect(deviation([1, 2, 3, 4])).toBeCloseTo(1.2909944, 7);
  expect([...finite(Float64Array.of(3, Number.NaN, 1))]).toEqual([1, 3]);
  const draws = Float64Array.from({ length: 101 }, (_, at) => at);
  expect(scoreValue(50, draws, 0.9, null)).toEqual({
    value: 50,
    low: expect.closeTo(5, 9),
    high: expect.closeTo(95, 9),
    standardError: deviation(draws),
  });
  expect(scoreValue(50, draws, 0.9, { value: -1, draws }).versus).toEqual({ value: -1, low: -1, high: 95 });
});
