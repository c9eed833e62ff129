import { expect, test } from 'vitest';
import { earlyStoppingPercentile, samplesNeeded, samplesUnder, supportsPercentile } from './early-stopping.ts';
import { loadGen } from './golden.ts';

// MLPerf early stopping: total samples n = h(t) + t by over-latency samples t and percentile.
test.each(loadGen.rows)('t=%i', (t, ...expected) => {
  expect(loadGen.percentiles.map((p) => samplesUnder(t, p) + t)).toEqual(expected);
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
