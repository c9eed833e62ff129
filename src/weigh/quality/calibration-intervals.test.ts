import { expect, test } from 'vitest';
import { asPromised, simulate } from '../../statistics/testing/simulate.ts';
import { differenceInterval, ownInterval } from './calibration-intervals.ts';
import { calibrationCases } from './testing/calibration-cases.ts';

const draws = Float64Array.from({ length: 101 }, (_, i) => 0.02 + i / 1000);

test('draws of a mean stay; those of a calibration error are moved back, the lower end by chance too, not below 0', () => {
  // Their mean is 0.07; the value 0.05.
  const near = (low: number, high: number) => ({ low: expect.closeTo(low, 10), high: expect.closeTo(high, 10) });
  expect(ownInterval(draws, 0.05, null, 0.9)).toEqual(near(0.025, 0.115));
  expect(ownInterval(draws, 0.05, 0.001, 0.9)).toEqual(near(0.004, 0.095));
  expect(ownInterval(draws, 0.05, 0.02, 0.9)).toEqual(near(0, 0.095));
});

test('the interval holds the value, and draws that are no number do not count', () => {
  expect(ownInterval(draws, 0.5, null, 0.9).high).toBe(0.5);
  expect(ownInterval(Float64Array.of(Number.NaN, 1, 2, 3), 2, null, 0.9)).toEqual({ low: 1.1, high: 2.9 });
});

test('a difference: the middle of its draws is what was seen', () => {
  const before = draws.map(() => 0.01);
  const { low, high, evidence } = differenceInterval(draws, before, 0.04, true, 0.9);
  expect((low + high) / 2).toBeCloseTo(0.04, 10);
  expect(evidence.kind).toBe('bootstrap');
  expect(differenceInterval(draws, before, 0.04, false, 0.9).low).toBeCloseTo(0.015, 10);
});

test.each(calibrationCases.filter(({ slow }) => slow !== true))('$what: $name', (one) => {
  const runs = 60;
  const share = simulate(one, runs, 1);
  expect(asPromised(one, share, runs), `${(100 * share).toFixed(1)} % of ${runs}`).toBe(true);
});
