import type { Played } from '../../../contracts/index.ts';
import { earlyStoppingPercentile, sorted, supportsPercentile } from '../../../statistics/index.ts';
import {
  achievedShare,
  answeredCount,
  dispatchDelays,
  goodputOf,
  latenciesOf,
  offeredRate,
  serviceTimes,
  spanOf,
} from './readings.ts';
import { allowedOver } from './peak.ts';
import { isSaturated } from './saturation.ts';

export const scenarioNames = {
  server: 'Server',
  'single-stream': 'SingleStream',
  'multi-stream': 'MultiStream',
  offline: 'Offline',
} as const;
export type ScenarioName = keyof typeof scenarioNames;

/** What a run was meant to be. */
export interface RunSpec {
  readonly name: string;
  readonly scenario: ScenarioName;
  /** Samples of a query. */
  readonly samplesPerQuery: number;
  /** Server: the rate asked for and the limit at this percentile. */
  readonly rate: number | null;
  readonly limitMs: number | null;
  readonly percentile: number;
  readonly minMs: number;
  readonly minQueries: number;
  readonly lostMs: number;
}

/** A percentile: its value, or null where so few requests do not support it (then the largest of them is all that can be said). */
export interface Percentile {
  readonly p: number;
  readonly ms: number | null;
}

/** Order statistics that the number of values supports. `ordered` ascending. Source: MLPerf LoadGen, sorted[⌊n·p⌋]. */
export const percentilesOf = (ordered: Float64Array, wanted: readonly number[]): readonly Percentile[] =>
  wanted.map((p) => ({
    p,
    ms:
      p === 0.5
        ? (ordered[Math.floor(ordered.length * p)] ?? null)
        : supportsPercentile(p, ordered.length)
          ? ordered[Math.floor(ordered.length * p)]!
          : null,
  }));

const shown = [0.5, 0.9, 0.95, 0.97, 0.99, 0.999];

/** A run in numbers. Times in ms; a percentile that so few requests do not support is null. */
export interface RunSummary {
  readonly queries: number;
  readonly answered: number;
  readonly spanMs: number;
  readonly offeredRate: number | null;
  readonly completedRate: number;
  readonly achieved: number | null;
  readonly goodput: number | null;
  readonly overLimit: number | null;
  readonly latency: {
    readonly mean: number;
    readonly min: number;
    readonly max: number;
    readonly percentiles: readonly Percentile[];
  };
  /** The percentile of the scenario with 99 % confidence; null: too few requests. */
  readonly earlyStopping: { readonly p: number; readonly ms: number | null } | null;
  readonly service: { readonly percentiles: readonly Percentile[]; readonly max: number };
  readonly dispatch: { readonly percentiles: readonly Percentile[]; readonly max: number };
  readonly outstanding: number;
  readonly saturated: boolean;
  readonly valid: boolean;
  /** Why it is not valid. */
  readonly reasons: readonly string[];
}

const mostDispatchMs = 10;

/** What a run comes to, by MLPerf's rules of validity at the run's own least duration and number. */
export const summarize = (played: Played, spec: RunSpec): RunSummary => {
  const latencies = sorted(latenciesOf(played, spec.lostMs));
  const n = latencies.length;
  const answered = answeredCount(played);
  const span = spanOf(played);
  const delays = sorted(dispatchDelays(played));
  const service = sorted(serviceTimes(played));
  const arrives = spec.scenario === 'server';
  const over = spec.limitMs === null ? null : latencies.filter((ms) => ms > spec.limitMs!).length;
  const saturated = arrives && isSaturated(played);
  const reasons: string[] = [];
  const lasted = spec.scenario === 'offline' ? span : arrives ? (played.scheduledMs.at(-1) ?? 0) : span;
  // A schedule ends with the last arrival before its time is over.
  if (lasted < spec.minMs * (arrives ? 0.9 : 1))
    reasons.push(
      `it lasted ${(lasted / 1000).toFixed(1)} s, at least ${(spec.minMs / 1000).toFixed(1)} s were asked for`,
    );
  if (n < spec.minQueries) reasons.push(`${n} queries were sent, at least ${spec.minQueries} were asked for`);
  if (answered < n) reasons.push(`${n - answered} of ${n} queries were not answered`);
  if (arrives && over !== null) {
    const { over: allowed, confident } = allowedOver(n, spec.percentile);
    if (over > allowed)
      reasons.push(`${over} of ${n} queries took longer than ${spec.limitMs} ms, at most ${allowed} may`);
    else if (!confident)
      reasons.push(
        `${n} queries are too few to say with 99 % confidence that the ${100 * spec.percentile}th percentile meets the limit`,
      );
  }
  if (arrives && saturated) reasons.push('the queue grew all the time: latencies depend on how long the run lasts');
  if (arrives && (delays[Math.floor(n / 2)] ?? 0) > mostDispatchMs)
    reasons.push(
      `half of the requests were sent more than ${mostDispatchMs} ms late: the client could not keep the schedule`,
    );
  const own = spec.scenario === 'single-stream' ? 0.9 : spec.scenario === 'multi-stream' ? 0.99 : null;
  const stopping = own === null ? null : { p: own, ms: earlyStoppingPercentile(latencies, own) };
  if (stopping !== null && stopping.ms === null)
    reasons.push(`${n} queries are too few for the ${100 * stopping.p}th percentile with 99 % confidence`);
  return {
    queries: n,
    answered,
    spanMs: span,
    offeredRate: arrives ? offeredRate(played) : null,
    completedRate: span === 0 ? 0 : (1000 * answered * spec.samplesPerQuery) / span,
    achieved: arrives ? achievedShare(played) : null,
    goodput: spec.limitMs === null ? null : goodputOf(played, spec.limitMs),
    overLimit: over,
    latency: {
      mean: n === 0 ? 0 : latencies.reduce((sum, ms) => sum + ms, 0) / n,
      min: latencies[0] ?? 0,
      max: latencies.at(-1) ?? 0,
      percentiles: percentilesOf(latencies, shown),
    },
    earlyStopping: stopping,
    service: { percentiles: percentilesOf(service, [0.5, 0.9, 0.99]), max: service.at(-1) ?? 0 },
    dispatch: { percentiles: percentilesOf(delays, [0.5, 0.99]), max: delays.at(-1) ?? 0 },
    outstanding: played.outstanding,
    saturated,
    valid: reasons.length === 0,
    reasons,
  };
};

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);

/** The same under the names of LoadGen's detail log, where they mean the same. Times in ns. Source: MLPerf LoadGen, results.cc. */
export const mlperfSummary = (
  summary: RunSummary,
  spec: RunSpec,
): Readonly<Record<string, string | number | boolean | null>> => {
  const { latency, earlyStopping } = summary;
  const fields: Record<string, string | number | boolean | null> = {
    sut_name: spec.name,
    effective_scenario: scenarioNames[spec.scenario],
    effective_test_mode: 'PerformanceOnly',
    effective_min_duration_ms: spec.minMs,
    effective_min_query_count: spec.minQueries,
    effective_samples_per_query: spec.samplesPerQuery,
    result_validity: summary.valid ? 'VALID' : 'INVALID',
    result_invalid_reason: summary.reasons.length === 0 ? null : summary.reasons.join('; '),
    result_query_count: summary.queries,
    result_min_queries_met: summary.queries >= spec.minQueries,
    result_min_latency_ns: nanoseconds(latency.min),
    result_max_latency_ns: nanoseconds(latency.max),
    result_mean_latency_ns: nanoseconds(latency.mean),
  };
  for (const { p, ms } of latency.percentiles)
    fields[`result_${(100 * p).toFixed(2)}_percentile_latency_ns`] = ms === null ? null : nanoseconds(ms);
  if (spec.scenario === 'server') {
    fields['effective_target_qps'] = spec.rate;
    fields['effective_target_latency_ns'] = spec.limitMs === null ? null : nanoseconds(spec.limitMs);
    fields['effective_target_latency_percentile'] = spec.percentile;
    fields['result_scheduled_samples_per_sec'] = summary.offeredRate;
    fields['result_completed_samples_per_sec'] = summary.completedRate;
    fields['result_overlatency_query_count'] = summary.overLimit;
  } else fields['result_samples_per_second'] = summary.completedRate;
  if (earlyStopping !== null)
    fields[spec.scenario === 'multi-stream' ? 'early_stopping_latency_ms' : 'early_stopping_latency_ss'] =
      earlyStopping.ms === null ? null : nanoseconds(earlyStopping.ms);
  return fields;
};
