import { expect, test } from 'vitest';
import { eightPairs } from './golden.ts';
import { pairedT, variance, welch } from './means.ts';

const { a, b, welch: apart, paired } = eightPairs;

test('Welch', () => {
  const result = welch(a, b);
  expect(result.t).toBeCloseTo(apart.t, 12);
  expect(result.degreesOfFreedom).toBeCloseTo(apart.degreesOfFreedom, 10);
  expect(result.p).toBeCloseTo(apart.p, 12);
  expect(result.low).toBeCloseTo(-0.18972380021002055, 10);
  expect(result.high).toBeCloseTo(0.9397238002100206, 10);
});

test('paired t', () => {
  const result = pairedT(a, b);
  expect(result.t).toBeCloseTo(paired.t, 12);
  expect(result.p).toBeCloseTo(paired.p, 12);
  expect(result.low).toBeCloseTo(-0.021559542585452285, 10);
  expect(result.high).toBeCloseTo(0.7715595425854522, 10);
});

test('too few values claim nothing, equal ones are equal, constant ones differ for sure', () => {
  expect(welch([1], [2, 3])).toMatchObject({ p: 1, low: -Infinity, high: Infinity });
  expect(pairedT([1], [5]).p).toBe(1);
  expect(pairedT([1, 2], [1, 2])).toMatchObject({ value: 0, p: 1, low: 0, high: 0 });
  expect(welch([2, 2, 2], [3, 3])).toMatchObject({ value: -1, p: 0, t: -Infinity });
  expect(variance([4])).toBeNaN();
  expect(() => pairedT([1, 2], [1])).toThrow('2 and 1');
});
