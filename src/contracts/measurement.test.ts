import { expect, test } from 'vitest';
import { renewed, type Measurement } from './measurement.ts';

const one = (metric: string, value: number, slice?: string): Measurement => ({
  metric,
  unit: 'ms',
  value,
  low: value,
  high: value,
  confidence: 0.95,
  samples: 1,
  ...(slice === undefined ? {} : { slice }),
});

test('newer numbers take the place of older ones of the same metric and slice', () => {
  expect(renewed([one('a', 1), one('a', 2, 's'), one('b', 3)], [one('a', 4), one('c', 5)])).toEqual([
    one('a', 4),
    one('a', 2, 's'),
    one('b', 3),
    one('c', 5),
  ]);
});

test('what could not be measured the second time keeps its first number', () => {
  expect(renewed([one('p99', 9)], [one('p99', Number.NaN)])).toEqual([one('p99', 9)]);
  expect(renewed([one('p99', Number.NaN)], [one('p99', 9)])).toEqual([one('p99', 9)]);
  const later = { ...one('p99', Number.NaN), caveat: 'later' };
  expect(renewed([one('p99', Number.NaN)], [later])).toEqual([later]);
});
