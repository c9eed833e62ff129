import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { effectiveLaps, estimateMedian, estimateRank, poolOf, processSpread, relativeHalfWidth } from './ratios.ts';
import type { Series } from './ratios.ts';

/** Paired log-normal ratios: `between` is the spread of whole laps, `within` that of rounds. */
const simulate = (seed: number, ratio: number, between: number, within: number, laps = 3, perLap = 20): Series => {
  const random = seeded(seed, 'simulate');
  const values: number[] = [];
  const lapOf: number[] = [];
  for (let lap = 0; lap < laps; lap++) {
    const shift = between * random.normal();
    for (let round = 0; round < perLap; round++) {
      values.push(ratio * Math.exp(shift + within * random.normal()));
      lapOf.push(lap);
    }
  }
  return { values, laps: lapOf };
};
const settings = (seed: number) => ({ confidence: 0.95, random: seeded(seed, 'estimate'), replicates: 1_000 });

test('tells the spread between processes from the noise of rounds', () => {
  const many = (between: number): number =>
    processSpread(Array.from({ length: 200 }, (_, i) => simulate(i, 1, between, 0.02))).sd;
  expect(many(0.02)).toBeCloseTo(0.02, 2);
  expect(many(0)).toBeLessThan(0.003);
  expect(processSpread([simulate(1, 1, 0.02, 0.02, 1)])).toEqual({ sd: 0, degreesOfFreedom: 0 });
  expect(processSpread([simulate(1, 1, 0, 0.01), simulate(2, 1, 0, 0.01)]).degreesOfFreedom).toBe(3);
});

test('uneven laps are worth fewer', () => {
  expect(effectiveLaps([0, 0, 1, 1, 2, 2])).toBeCloseTo(3);
  expect(effectiveLaps([0, 1, 1, 1])).toBeCloseTo(1.6);
});

test('intervals hold the truth as often as they say, also when processes differ', () => {
  let [covered, naive] = [0, 0];
  const trials = 150;
  for (let seed = 0; seed < trials; seed++) {
    const series = simulate(seed, 0.8, 0.01, 0.02);
    const spread = processSpread([series, simulate(seed + 1e4, 1, 0.01, 0.02), simulate(seed + 2e4, 0.9, 0.01, 0.02)]);
    const wide = estimateMedian(series, spread, settings(seed));
    const narrow = estimateMedian(series, { sd: 0, degreesOfFreedom: 0 }, settings(seed));
    if (wide.low <= 0.8 && 0.8 <= wide.high) covered++;
    if (narrow.low <= 0.8 && 0.8 <= narrow.high) naive++;
  }
  expect(covered / trials).toBeGreaterThan(0.9);
  // More rounds cannot repair what only more processes can.
  expect(naive / trials).toBeLessThan(0.85);
});

test('the half-width is relative and shrinks with rounds', () => {
  const few = relativeHalfWidth(simulate(1, 5, 0, 0.05, 1, 20).values, settings(1));
  const many = relativeHalfWidth(simulate(1, 5, 0, 0.05, 1, 500).values, settings(1));
  expect(many).toBeLessThan(few / 2);
  expect(many).toBeCloseTo((1.96 * 1.2533 * 0.05) / Math.sqrt(500), 2);
});

test('ranks of pooled calls, alone and against another version on the same rounds', () => {
  const random = seeded(3, 'calls');
  const base = Array.from({ length: 100 }, () => Array.from({ length: 10 }, () => Math.exp(0.1 * random.normal())));
  const half = base.map((calls) => calls.map((ms) => ms / 2));
  const laps = base.map((_, round) => round % 3);
  const none = { sd: 0, degreesOfFreedom: 0 };
  const own = estimateRank(poolOf(base), null, 0.9, laps, none, settings(1));
  expect(own.value).toBeCloseTo(Math.exp(0.1 * 1.2816), 1);
  expect(own.low).toBeLessThan(own.value);
  expect(own.high).toBeGreaterThan(own.value);
  const ratio = estimateRank(poolOf(half), poolOf(base), 0.9, laps, none, settings(1));
  expect([ratio.low, ratio.value, ratio.high]).toEqual([0.5, 0.5, 0.5]);
});
