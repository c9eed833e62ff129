import { expect, test } from 'vitest';
import { earlyStoppingPercentile, samplesNeeded, samplesUnder, supportsPercentile } from './early-stopping.ts';

// MLPerf early stopping: total samples n = h(t) + t by over-latency samples t and percentile.
test.each([
  [0, 44, 90, 152, 459, 4603],
  [1, 64, 130, 219, 662, 6636],
  [2, 81, 165, 277, 838, 8403],
  [5, 127, 259, 433, 1307, 13105],
  [10, 197, 398, 667, 2010, 20140],
  [20, 325, 656, 1097, 3304, 33097],
  [50, 681, 1372, 2293, 6898, 69058],
  [100, 1246, 2504, 4182, 12571, 125826],
])('t=%i', (t, ...expected) => {
  expect([0.9, 0.95, 0.97, 0.99, 0.999].map((p) => samplesUnder(t, p) + t)).toEqual(expected);
});

test('no percentile without the samples for it', () => {
  expect(samplesNeeded(0.99)).toBe(662);
  expect(supportsPercentile(0.99, 661)).toBe(false);
  expect(supportsPercentile(0.99, 662)).toBe(true);
  const ordered = Array.from({ length: 700 }, (_, i) => i + 1);
  expect(earlyStoppingPercentile(ordered.slice(0, 661), 0.99)).toBeNull();
  // One sample may lie above: the estimate is the largest of the rest.
  expect(earlyStoppingPercentile(ordered, 0.99)).toBe(700);
  expect(earlyStoppingPercentile(ordered, 0.9)!).toBeGreaterThan(630);
});
