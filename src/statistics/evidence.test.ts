import { expect, test } from 'vitest';
import type { Comparison } from '../contracts/index.ts';
import { lowerBound, pAbove, pBelow, pOutside, thinQuantiles, upperBound } from './evidence.ts';
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

test('fewer replicates prove less', () => {
  const few: Comparison = { ...bootstrapped, evidence: thinQuantiles(replicates.slice(0, 199)) };
  expect(pAbove(few, -100)).toBeCloseTo(1 / 200, 12);
  expect(pAbove({ ...few, evidence: thinQuantiles([1]) }, 0)).toBe(0.5);
  expect(() => thinQuantiles([])).toThrow();
});

test('replicates that equal the bound count against the claim, on both sides', () => {
  const flat: Comparison = { ...bootstrapped, evidence: thinQuantiles(new Float64Array(100).fill(0)) };
  expect(pAbove(flat, 0)).toBe(1);
  expect(pBelow(flat, 0)).toBe(1);
  expect(pAbove(flat, -0.01)).toBeLessThan(0.01);
  expect(pAbove(flat, 0.01)).toBe(1);
  // 30 % of the replicates are exactly 0, the smallest value.
  const tied: Comparison = {
    ...bootstrapped,
    evidence: thinQuantiles(Float64Array.from({ length: 1000 }, (_, i) => Math.max(0, i - 299))),
  };
  expect(pAbove(tied, 0)).toBeGreaterThanOrEqual(0.3);
  expect(pAbove(tied, 0)).toBeLessThan(0.33);
  expect(pAbove(tied, -1e-9)).toBeCloseTo(1 / 1001, 12);
  expect(pBelow({ ...tied, evidence: mirror(tied.evidence) }, 0)).toBeGreaterThanOrEqual(0.3);
});

const mirror = (evidence: Comparison['evidence']): Comparison['evidence'] =>
  evidence.kind !== 'bootstrap'
    ? evidence
    : {
        kind: 'bootstrap',
        probabilities: evidence.probabilities.map((p) => 1 - p).toReversed(),
        values: evidence.values.map((value) => -value).toReversed(),
      };

test('a sample proves no more than its size, however still its bootstrap is', () => {
  const flat: Comparison = { ...bootstrapped, evidence: thinQuantiles(new Float64Array(2000).fill(0)) };
  expect(pAbove(flat, -0.01, 100)).toBeCloseTo(tangoTest({ b: 0, c: 0, n: 100 }, 0.01).p, 12);
  expect(pAbove(flat, -0.01, 5000)).toBeLessThan(0.001);
  expect(lowerBound(flat, 0.95, 277)).toBeCloseTo(-0.0097, 3);
  expect(upperBound(flat, 0.95, 277)).toBeCloseTo(0.0097, 3);
  // Three rounds of a ratio: Student's t with two degrees of freedom.
  const rounds: Comparison = {
    kind: 'ratio',
    value: 0.8,
    low: 0.78,
    high: 0.82,
    evidence: thinQuantiles(replicates.map((z) => 0.8 + 0.01 * z)),
    method: '',
  };
  expect(pBelow(rounds, 0.825)).toBeLessThan(0.02);
  expect(pBelow(rounds, 0.825, 3)).toBeGreaterThan(0.05);
  expect(pBelow(rounds, 0.9, 3)).toBeLessThan(0.01);
  expect(upperBound(rounds, 0.95, 3)).toBeCloseTo(0.8 + 0.0292, 3);
});

test('equivalence needs both sides', () => {
  expect(pOutside(bootstrapped, -2, 2)).toBeCloseTo(0.025, 1);
  expect(pOutside(bootstrapped, -2, 0.5)).toBeGreaterThan(0.2);
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
