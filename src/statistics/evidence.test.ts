import { expect, test } from 'vitest';
import type { Comparison } from '../contracts/index.ts';
import { lowerBound, pAbove, pBelow, pFromInterval, thinQuantiles, upperBound } from './evidence.ts';
import { seeded } from './random.ts';
import { normalCdf } from './special.ts';
import { tangoTest } from './tango.ts';

const random = seeded(9, 'evidence');
const replicates = Float64Array.from({ length: 10_000 }, () => random.normal()).sort();
const bootstrapped: Comparison = {
  kind: 'difference',
  value: 0,
  low: -1.96,
  high: 1.96,
  evidence: thinQuantiles(replicates),
  method: 'paired bootstrap',
};

test('a thinned distribution answers any margin nearly as the full one', () => {
  for (const bound of [-3, -2.3, -1.6, -0.5, 0, 0.7, 1.64, 2.5]) {
    expect(Math.abs(pAbove(bootstrapped, bound) - normalCdf(bound))).toBeLessThan(0.012);
    expect(pAbove(bootstrapped, bound) + pBelow(bootstrapped, bound)).toBeCloseTo(1, 12);
  }
  expect(lowerBound(bootstrapped, 0.95)).toBeCloseTo(-1.645, 1);
  expect(upperBound(bootstrapped, 0.99)).toBeCloseTo(2.326, 0);
});

test('a bootstrap proves no more than its size', () => {
  expect(pAbove(bootstrapped, -100)).toBeCloseTo(1 / 10_001, 8);
  expect(pBelow(bootstrapped, 100)).toBeCloseTo(1 / 10_001, 8);
});

test('a distribution without spread at the bound decides nothing', () => {
  const flat: Comparison = { ...bootstrapped, evidence: thinQuantiles(new Float64Array(100).fill(0)) };
  expect(pAbove(flat, 0)).toBe(0.5);
  expect(pAbove(flat, -0.01)).toBeLessThan(0.001);
  expect(pAbove(flat, 0.01)).toBeGreaterThan(0.99);
});

test('pairs use the score test, exact numbers are certain', () => {
  const pairs: Comparison = {
    ...bootstrapped,
    evidence: { kind: 'pairs', bothRight: 800, onlyBaselineRight: 20, onlyCandidateRight: 14, bothWrong: 38 },
  };
  expect(pAbove(pairs, -0.01)).toBeCloseTo(tangoTest({ b: 20, c: 14, n: 872 }, 0.01).p, 12);
  expect(lowerBound(pairs, 0.95)).toBeLessThan(-6 / 872);
  const exact: Comparison = { ...bootstrapped, value: 0.29, evidence: { kind: 'exact' } };
  expect(pBelow(exact, 0.5)).toBe(0);
  expect(pBelow(exact, 0.29)).toBe(1);
  expect(upperBound(exact, 0.99)).toBe(0.29);
});

test('a number with an interval only', () => {
  const measured = { value: 10, low: 8.04, high: 11.96, confidence: 0.95 };
  expect(pFromInterval(measured, 11.645).pBelow).toBeCloseTo(0.05, 3);
  expect(pFromInterval(measured, 8.355).pAbove).toBeCloseTo(0.05, 3);
  expect(pFromInterval({ value: 5, low: 5, high: 5, confidence: 0.95 }, 6)).toEqual({ pBelow: 0, pAbove: 1 });
});
