import type { RunSpec, RunSummary } from './summary.ts';
import { scenarioNames } from './summary.ts';

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);

type Fields = Record<string, string | number | boolean | null>;

/** Latencies: of samples; where a query has several, of the query, as only those are known. */
const latencyFields = ({ latency }: RunSummary, ofQueries: boolean): Fields => {
  const [query, perQuery] = ofQueries ? ['_query', '_per_query'] : ['', ''];
  return {
    [`result_min${query}_latency_ns`]: nanoseconds(latency.min),
    [`result_max${query}_latency_ns`]: nanoseconds(latency.max),
    [`result_mean${query}_latency_ns`]: nanoseconds(latency.mean),
    ...Object.fromEntries(
      latency.percentiles.map(({ p, ms }) => [
        `result_${(100 * p).toFixed(2)}_percentile${perQuery}_latency_ns`,
        ms === null ? null : nanoseconds(ms),
      ]),
    ),
  };
};

const scenarioFields = (summary: RunSummary, spec: RunSpec): Fields => {
  const stopping = summary.earlyStopping?.ms ?? null;
  switch (spec.scenario) {
    case 'single-stream':
      return {
        result_qps_with_loadgen_overhead:
          summary.lastIssuedMs === 0 ? null : (1000 * (summary.queries - 1)) / summary.lastIssuedMs,
        result_qps_without_loadgen_overhead: summary.latency.mean === 0 ? null : 1000 / summary.latency.mean,
        early_stopping_latency_ss: stopping === null ? null : nanoseconds(stopping),
      };
    case 'multi-stream':
      return { early_stopping_latency_ms: stopping === null ? null : nanoseconds(stopping) };
    case 'server':
      return {
        effective_target_qps: spec.rate,
        effective_target_latency_ns: spec.limitMs === null ? null : nanoseconds(spec.limitMs),
        effective_target_latency_percentile: spec.percentile,
        result_scheduled_samples_per_sec: summary.offeredRate,
        result_completed_samples_per_sec: summary.completedRate,
        result_overlatency_query_count: summary.overLimit,
      };
    case 'offline':
      return { result_samples_per_second: summary.completedRate };
  }
};

/** A run under the names of LoadGen's detail log, where they mean the same; what is not known is null. Times in ns.
 *  Source: MLPerf LoadGen, results.cc (LogDetail) and test_settings_internal.cc (LogEffectiveSettings). */
export const mlperfSummary = (summary: RunSummary, spec: RunSpec): Readonly<Fields> => ({
  sut_name: spec.name,
  effective_scenario: scenarioNames[spec.scenario],
  effective_test_mode: 'PerformanceOnly',
  effective_samples_per_query: spec.samplesPerQuery,
  effective_min_duration_ms: spec.minMs,
  effective_min_query_count: spec.minQueries,
  result_validity: summary.valid ? 'VALID' : 'INVALID',
  ...(summary.met.perfConstraints === null ? {} : { result_perf_constraints_met: summary.met.perfConstraints }),
  result_min_duration_met: summary.met.minDuration,
  result_min_queries_met: summary.met.minQueries,
  early_stopping_met: summary.met.earlyStopping,
  result_invalid_reason: summary.reasons.length === 0 ? null : summary.reasons.join('; '),
  result_query_count: summary.queries,
  ...scenarioFields(summary, spec),
  ...latencyFields(summary, spec.scenario === 'multi-stream'),
});
