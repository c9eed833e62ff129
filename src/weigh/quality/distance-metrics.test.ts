import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { divergence, quantileInterval, sharedness } from './distance-metrics.ts';
import { logRows } from './log-probabilities.ts';
import { answers, waves } from './testing/made-up.ts';

const golden = JSON.parse(readFileSync(new URL('fixtures/calibration.json', import.meta.url), 'utf8')) as {
  kl: { first: number };
  loyalty: { first: number };
};

test('one row as scipy has it (entropy, jensenshannon)', () => {
  const [a, b] = [0, 0.15].map((shift) => {
    const row = new Float64Array(4);
    logRows(answers(waves(shift))).read(0, row);
    return row;
  }) as [Float64Array, Float64Array];
  expect(divergence(a, b)).toBeCloseTo(golden.kl.first, 6);
  expect(sharedness(a, b)).toBeCloseTo(golden.loyalty.first, 6);
  expect(divergence(a, a)).toBe(0);
  expect(sharedness(a, a)).toBe(1);
});

test('nothing in common: no shared probability; impossible on one side: a large, finite distance', () => {
  const least = Math.log(2 ** -149);
  const [a, b] = [Float64Array.of(0, least), Float64Array.of(least, 0)];
  expect(sharedness(a, b)).toBeCloseTo(0, 6);
  expect(divergence(a, b)).toBeCloseTo(-least, 6);
});

test('the interval of a quantile covers it at its level', () => {
  const runs = 400;
  let covered = 0;
  for (let run = 0; run < runs; run++) {
    const random = seeded(run, 'quantile');
    const values = Float64Array.from({ length: 300 }, () => random.next()).sort();
    const { low, high, value } = quantileInterval(values, 0.95, 0.95);
    expect(low <= value && value <= high).toBe(true);
    if (low <= 0.95 && 0.95 <= high) covered++;
  }
  expect(covered / runs).toBeGreaterThan(0.93);
});

test('the quantile itself is not interpolated', () => {
  expect(quantileInterval(Float64Array.of(1, 2, 3, 4), 0.5, 0.95)).toEqual({ value: 3, low: 1, high: 4 });
  expect(quantileInterval(Float64Array.of(5), 0.99, 0.95)).toEqual({ value: 5, low: 5, high: 5 });
});
