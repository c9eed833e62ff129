import { expect, test } from 'vitest';
import { binomialCdf, incompleteBeta, logChoose, logGamma, normalCdf, normalQuantile } from './special.ts';

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
