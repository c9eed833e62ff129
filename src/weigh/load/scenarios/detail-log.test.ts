import { expect, test } from 'vitest';
import { every, playedOf, queueOf, spec } from '../testing/played.ts';
import { mlperfSummary } from './detail-log.ts';
import { summarize, type RunSpec } from './summary.ts';

const stream: RunSpec = { ...spec, scenario: 'single-stream', rate: null, limitMs: null, minMs: 100, minQueries: 20 };
const streamed = (own: RunSpec, count: number) => {
  const played = playedOf(
    every(5, count),
    every(5, count).map(() => 4),
  );
  return mlperfSummary(summarize(played, own), own);
};
/** Every name that LoadGen writes for a scenario and that we can know. */
const settings = [
  'sut_name',
  'effective_scenario',
  'effective_test_mode',
  'effective_samples_per_query',
  'effective_min_duration_ms',
  'effective_min_query_count',
];
const rules = [
  'result_validity',
  'result_min_duration_met',
  'result_min_queries_met',
  'early_stopping_met',
  'result_invalid_reason',
  'result_query_count',
];
const latencies = (query: string, per: string): string[] => [
  ...['min', 'max', 'mean'].map((one) => `result_${one}${query}_latency_ns`),
  ...['50.00', '90.00', '95.00', '97.00', '99.00', '99.90'].map((one) => `result_${one}_percentile${per}_latency_ns`),
];

test('Server: target, rates and rules; a percentile that the number does not support is null', () => {
  const fields = mlperfSummary(summarize(queueOf(every(10, 700), 4), spec), spec);
  expect(fields).toMatchObject({
    effective_scenario: 'Server',
    result_validity: 'VALID',
    result_perf_constraints_met: true,
    result_min_duration_met: true,
    result_min_queries_met: true,
    early_stopping_met: true,
    result_query_count: 700,
    'result_50.00_percentile_latency_ns': 4_000_000,
    'result_99.00_percentile_latency_ns': 4_000_000,
    'result_99.90_percentile_latency_ns': null,
    effective_target_qps: 100,
    effective_target_latency_ns: 20_000_000,
    result_overlatency_query_count: 0,
  });
  expect(Object.keys(fields).toSorted()).toEqual(
    [
      ...settings,
      ...rules,
      ...latencies('', ''),
      'result_perf_constraints_met',
      'effective_target_qps',
      'effective_target_latency_ns',
      'effective_target_latency_percentile',
      'result_scheduled_samples_per_sec',
      'result_completed_samples_per_sec',
      'result_overlatency_query_count',
    ].toSorted(),
  );
});

test('Server: the percentile may keep the limit although early stopping wants more queries', () => {
  const slow = every(10, 700).map((at) => (at <= 50 ? 30 : 4));
  const fields = mlperfSummary(summarize(playedOf(every(10, 700), slow), spec), spec);
  // sorted[⌊700 · 0.99⌋] = sorted[693] is not among the five slow ones; with five over the limit 1,307 queries are needed.
  expect(fields).toMatchObject({
    result_validity: 'INVALID',
    result_perf_constraints_met: true,
    early_stopping_met: false,
    result_overlatency_query_count: 5,
  });
});

test('SingleStream has its own rates, MultiStream latencies of queries, Offline samples a second', () => {
  const single = streamed(stream, 64);
  expect(single).toMatchObject({
    result_validity: 'VALID',
    early_stopping_latency_ss: 4_000_000,
    early_stopping_met: true,
  });
  expect(single['result_qps_with_loadgen_overhead']).toBeCloseTo((1000 * 63) / 320, 9);
  expect(single['result_qps_without_loadgen_overhead']).toBeCloseTo(250, 9);
  expect(single).not.toHaveProperty('result_samples_per_second');
  expect(streamed(stream, 63)).toMatchObject({ early_stopping_met: false, early_stopping_latency_ss: null });
  const multi = streamed({ ...stream, scenario: 'multi-stream', samplesPerQuery: 8 }, 700);
  expect(Object.keys(multi).toSorted()).toEqual(
    [...settings, ...rules, ...latencies('_query', '_per_query'), 'early_stopping_latency_ms'].toSorted(),
  );
  const offline: RunSpec = { ...stream, scenario: 'offline', samplesPerQuery: 8 };
  const pile = summarize(
    queueOf(
      Array.from({ length: 50 }, () => 0),
      4,
    ),
    offline,
  );
  expect(mlperfSummary(pile, offline)['result_samples_per_second']).toBeCloseTo(2_000);
});
