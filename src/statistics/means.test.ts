import { expect, test } from 'vitest';
import { pairedT, variance, welch } from './means.ts';

// Golden values: scipy 1.17.1, ttest_ind(equal_var=False), ttest_rel.
const a = [5.1, 4.9, 6.2, 5.8, 5.5, 6.0, 5.2, 4.4];
const b = [4.8, 5.0, 5.1, 5.9, 4.7, 5.2, 4.9, 4.5];

test('Welch', () => {
  const result = welch(a, b);
  expect(result.t).toBeCloseTo(1.440046082211958, 12);
  expect(result.degreesOfFreedom).toBeCloseTo(12.531438717553726, 10);
  expect(result.p).toBeCloseTo(0.17436678845668432, 12);
  expect(result.low).toBeCloseTo(-0.18972380021002055, 10);
  expect(result.high).toBeCloseTo(0.9397238002100206, 10);
});

test('paired t', () => {
  const result = pairedT(a, b);
  expect(result.t).toBeCloseTo(2.23606797749979, 12);
  expect(result.p).toBeCloseTo(0.06042742018442882, 12);
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
