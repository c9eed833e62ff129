import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Measurement, SubjectOutcome } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import type { Workbench } from '../../runtime/testing/trial.ts';
import { latency } from './latency.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.remove());

const byMetric = (outcome: SubjectOutcome | undefined): Record<string, Measurement> =>
  outcome?.kind === 'measured' ? Object.fromEntries(outcome.measurements.map((one) => [one.metric, one])) : {};

test('a model with a quarter of the work is faster, with an interval and evidence; percentiles only as far as the calls support', async () => {
  const trial = bench.trial(
    await bench.subject('baseline', stackText(80)),
    [await bench.subject('quarter', stackText(20))],
    {
      batchSize: 4,
    },
  );
  const options = parseOptions(latency.id, latency.options, { minRounds: 12, maxRounds: 12, laps: 2 });
  const outcomes = await latency.evaluate(trial, options, bench.context());
  const baseline = byMetric(outcomes.get('baseline'));
  const quarter = byMetric(outcomes.get('quarter'));
  const p50 = quarter['latency-p50']!;
  expect(p50.low).toBeLessThanOrEqual(p50.value);
  expect(p50.value).toBeLessThanOrEqual(p50.high);
  expect(p50.samples).toBe(12);
  expect(p50.versus!.value).toBeLessThan(0.8);
  expect(p50.versus!.evidence.kind).toBe('bootstrap');
  expect(baseline['latency-p50']!.versus?.method).toMatch(/^A\/A arm/);
  for (const measured of [baseline, quarter]) {
    for (const [metric, needed] of [
      ['latency-p90', 64],
      ['latency-p99', 662],
    ] as const) {
      if (!Number.isNaN(measured[metric]!.value)) {
        expect(measured[metric]!.samples).toBeGreaterThanOrEqual(needed);
        expect(measured[metric]!.value).toBeGreaterThanOrEqual(measured['latency-p50']!.value);
      }
    }
  }
  expect(baseline['latency-p90']!.value).not.toBeNaN();
});

test('p90 needs 64 calls: with fewer it has no value, and says what it lacks', async () => {
  // 8 rounds of at most 50 calls; a slow model gets one call a round.
  const slow = await bench.subject('baseline', stackText(100));
  const trial = bench.trial(slow, [], { batchSize: 256 });
  const options = parseOptions(latency.id, latency.options, { minRounds: 6, maxRounds: 6, laps: 1 });
  const measured = byMetric((await latency.evaluate(trial, options, bench.context())).get('baseline'));
  expect(measured['latency-p50']!.value).toBeGreaterThan(0);
  for (const [metric, needed] of [
    ['latency-p90', 64],
    ['latency-p99', 662],
  ] as const) {
    expect(measured[metric]!.value).toBeNaN();
    expect(measured[metric]!.caveat).toMatch(new RegExp(`^it needs ${needed} calls and there were \\d+: under weigh,`));
  }
});
