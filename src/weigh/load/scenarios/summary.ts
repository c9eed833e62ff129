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
  /** When the last query was sent, from the beginning. */
  readonly lastIssuedMs: number;
  readonly saturated: boolean;
  /** LoadGen's own rules, one by one; null: not a rule of this scenario. */
  readonly met: {
    readonly minDuration: boolean;
    readonly minQueries: boolean;
    readonly perfConstraints: boolean | null;
    readonly earlyStopping: boolean;
  };
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
  const minDuration = lasted >= spec.minMs * (arrives ? 0.9 : 1);
  if (!minDuration)
    reasons.push(
      `it lasted ${(lasted / 1000).toFixed(1)} s, at least ${(spec.minMs / 1000).toFixed(1)} s were asked for`,
    );
  if (n < spec.minQueries) reasons.push(`${n} queries were sent, at least ${spec.minQueries} were asked for`);
  if (answered < n) reasons.push(`${n - answered} of ${n} queries were not answered`);
  const { over: allowed, confident } = allowedOver(n, spec.percentile);
  if (arrives && over !== null) {
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
    lastIssuedMs: n === 0 ? 0 : played.sentMs[n - 1]!,
    saturated,
    met: {
      minDuration,
      minQueries: n >= spec.minQueries,
      // The percentile is sorted[⌊n·p⌋]: as many as lie above it may be too late.
      perfConstraints: arrives && over !== null ? over <= n - 1 - Math.floor(n * spec.percentile) : null,
      earlyStopping: arrives
        ? over === null || (over <= allowed && confident)
        : stopping === null || stopping.ms !== null,
    },
    valid: reasons.length === 0,
    reasons,
  };
};
