import { expect, test } from 'vitest';
import type { Comparison } from '../contracts/index.ts';
import { bootstrapMean } from './bootstrap.ts';
import { tost } from './equivalence.ts';
import { seeded } from './random.ts';
import { tangoTest } from './tango.ts';

const pairs = (b: number, c: number, n: number): Comparison => ({
  kind: 'difference',
  value: (c - b) / n,
  low: -1,
  high: 1,
  evidence: { kind: 'pairs', bothRight: n - b - c, onlyBaselineRight: b, onlyCandidateRight: c, bothWrong: 0 },
  method: '',
});

test('pairs: Tango on both sides, the larger p counts', () => {
  const result = tost(pairs(20, 14, 872), 0.02);
  expect(result.pLow).toBeCloseTo(tangoTest({ b: 20, c: 14, n: 872 }, 0.02).p, 12);
  // The other side is the same test with the models swapped.
  expect(result.pHigh).toBeCloseTo(tangoTest({ b: 14, c: 20, n: 872 }, 0.02).p, 12);
  expect(result.p).toBe(Math.max(result.pLow, result.pHigh));
});

test.each([
  [5, 5, 872, 0.01],
  [20, 14, 872, 0.02],
  [0, 0, 277, 0.02],
  [3, 3, 56, 0.05],
  [40, 30, 9815, 0.005],
])('claims exactly when the 90 %% interval lies inside: b=%i c=%i n=%i ± %f', (b, c, n, margin) => {
  const { equivalent, low, high } = tost(pairs(b, c, n), margin);
  expect(equivalent).toBe(low > -margin && high < margin);
});

test('a version that is truly better than the margin is not equivalent', () => {
  expect(tost(pairs(2, 60, 872), 0.02)).toMatchObject({ equivalent: false });
  expect(tost(pairs(2, 60, 872), 0.02).pLow).toBeLessThan(1e-6);
});

test('bootstrap: shares beyond either end, and no claim that few items cannot carry', () => {
  const random = seeded(1, 'tost');
  const values = Float64Array.from({ length: 400 }, () => 0.1 * random.normal());
  const { evidence, low, high } = bootstrapMean(values, { confidence: 0.9, random, replicates: 2000 });
  const comparison: Comparison = { kind: 'difference', value: 0, low, high, evidence, method: '' };
  expect(tost(comparison, 0.02).equivalent).toBe(true);
  expect(tost(comparison, 0.004).equivalent).toBe(false);
  expect(tost(comparison, 0.02, 0.05, 30).equivalent).toBe(false);
});

test('ratios lie inside 1 / (1 + margin) and 1 + margin', () => {
  const exact: Comparison = {
    kind: 'ratio',
    value: 0.96,
    low: 0.96,
    high: 0.96,
    evidence: { kind: 'exact' },
    method: '',
  };
  expect(tost(exact, 0.05).equivalent).toBe(true);
  expect(tost({ ...exact, value: 0.95 }, 0.05).equivalent).toBe(false);
  expect(tost({ ...exact, value: 1.04 }, 0.05).equivalent).toBe(true);
});

test('a margin of nothing proves nothing', () => {
  expect(() => tost(pairs(1, 1, 10), 0)).toThrow('margin of 0');
});

test('differences at the margin are rarely called equivalent', () => {
  const runs = 1500;
  let claims = 0;
  for (let run = 0; run < runs; run++) {
    const random = seeded(run, 'tost level');
    let [b, c] = [0, 0];
    for (let i = 0; i < 600; i++) {
      const u = random.next();
      if (u < 0.02) b++;
      else if (u < 0.06) c++;
    }
    if (tost(pairs(b, c, 600), 0.02).equivalent) claims++;
  }
  expect(claims / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});
