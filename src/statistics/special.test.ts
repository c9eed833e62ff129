import { expect, test } from 'vitest';
import {
  binomialCdf,
  chiSquaredCdf,
  incompleteBeta,
  incompleteGamma,
  logChoose,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from './special.ts';

test('logGamma of factorials and halves', () => {
  expect(logGamma(10)).toBeCloseTo(Math.log(362880), 12);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  expect(logChoose(52, 5)).toBeCloseTo(Math.log(2598960), 10);
});

test('normal distribution: tabulated values, deep tails, inverse', () => {
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
  expect(normalCdf(-1.6448536269514722)).toBeCloseTo(0.05, 12);
  expect(normalCdf(-6) / 9.865876450376946e-10).toBeCloseTo(1, 9);
  expect(normalCdf(40)).toBe(1);
  for (const p of [1e-6, 0.001, 0.025, 0.3, 0.5, 0.9, 0.999999])
    expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 10);
  expect(() => normalQuantile(0)).toThrow();
});

test('incomplete beta and binomial against direct sums', () => {
  expect(incompleteBeta(0.3, 2, 5)).toBeCloseTo(0.579825, 6);
  for (const [k, n, p] of [
    [3, 10, 0.4],
    [0, 5, 0.1],
    [50, 100, 0.5],
    [990, 1000, 0.99],
  ] as const) {
    let sum = 0;
    for (let i = 0; i <= k; i++) sum += Math.exp(logChoose(n, i) + i * Math.log(p) + (n - i) * Math.log(1 - p));
    expect(binomialCdf(k, n, p)).toBeCloseTo(sum, 10);
  }
  expect(binomialCdf(-1, 5, 0.5)).toBe(0);
  expect(binomialCdf(5, 5, 0.5)).toBe(1);
});

// Reference values: scipy 1.17.
test.each([
  [0.01, 4.599479878042022],
  [1.5, -0.12078223763524526],
  [100.5, 361.43554046777757],
  [125_826, 1351700.3907670383],
])('logGamma(%f)', (x, expected) => {
  expect(logGamma(x) / expected).toBeCloseTo(1, 12);
});

test.each([
  [0.001, 0.5, 20, 0.15758381398363844],
  [0.999, 125_726, 101, 0.00999938205265788],
  [0.5, 500, 520, 0.734506577151153],
  [0.99, 459, 1, 0.009920974201040579],
])('incompleteBeta(%f, %f, %f)', (x, a, b, expected) => {
  expect(incompleteBeta(x, a, b)).toBeCloseTo(expected, 9);
});

test.each([
  [8, 28, 0.5, 0.017849069088697433],
  [120, 100_000, 0.001, 0.9773862691276693],
  [0, 300, 0.01, 0.049040894071285854],
])('binomialCdf(%i, %i, %f)', (k, n, p, expected) => {
  expect(binomialCdf(k, n, p)).toBeCloseTo(expected, 10);
});

test.each([
  [0.5, 0.2, 0.47291074313446196],
  [3, 2, 0.32332358381693654],
  [3, 9, 0.9937678048936227],
  [50, 45, 0.24680203440017026],
  [1000, 1040, 0.8959730884568929],
])('incompleteGamma(%f, %f)', (a, x, expected) => {
  expect(incompleteGamma(a, x)).toBeCloseTo(expected, 11);
});

test('χ² and Student t', () => {
  expect(chiSquaredCdf(3.841458820694124, 1)).toBeCloseTo(0.95, 12);
  expect(chiSquaredCdf(22.457744484825323, 6)).toBeCloseTo(0.999, 12);
  expect(chiSquaredCdf(80, 100)).toBeCloseTo(0.07033506665939494, 12);
  expect(chiSquaredCdf(-1, 3)).toBe(0);
  expect(studentCdf(-2, 3)).toBeCloseTo(0.06966298427942152, 12);
  expect(studentCdf(1.5, 10)).toBeCloseTo(0.9177463367772799, 12);
  expect(studentCdf(-8, 2)).toBeCloseTo(0.00763403608266907, 12);
  expect(studentCdf(2.5, 0.7)).toBeCloseTo(0.840147818659363, 12);
  expect(studentCdf(Number.NEGATIVE_INFINITY, 5)).toBe(0);
  expect(studentQuantile(0.95, 2)).toBeCloseTo(2.9199855803537242, 10);
  expect(studentQuantile(0.975, 10)).toBeCloseTo(2.228138851986274, 10);
  expect(studentQuantile(0.001, 5)).toBeCloseTo(-5.893429531356009, 10);
  expect(studentQuantile(0.5, 4)).toBe(0);
  expect(() => studentQuantile(1, 4)).toThrow(/studentQuantile\(1\)/);
});
