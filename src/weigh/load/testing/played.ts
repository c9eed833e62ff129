import type { Played } from '../../../contracts/index.ts';
import type { RunSpec } from '../scenarios/summary.ts';

/** A run by MLPerf's Server scenario. */
export const spec: RunSpec = {
  name: 'm',
  scenario: 'server',
  samplesPerQuery: 1,
  rate: 100,
  limitMs: 20,
  percentile: 0.99,
  minMs: 5_000,
  minQueries: 400,
  lostMs: 1_000,
};

/** So many times, each `ms` after the last. */
export const every = (ms: number, count: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * ms);

/** What a client might have seen: requests due at these times, answered after these (null: failed, undefined: never). */
export const playedOf = (at: readonly number[], latencies: readonly (number | null | undefined)[]): Played => {
  const state = Uint8Array.from(latencies, (ms) => (ms === null ? 1 : ms === undefined ? 2 : 0));
  const failures = latencies.filter((ms) => ms === null).length;
  return {
    scheduledMs: Float64Array.from(at),
    sentMs: Float64Array.from(at),
    doneMs: Float64Array.from(at, (due, i) => (latencies[i] === undefined ? Number.NaN : due + (latencies[i] ?? 1))),
    serviceMs: Float64Array.from(latencies, (ms) => ms ?? Number.NaN),
    state,
    faults: failures === 0 ? [] : [{ code: 'endpoint/dropped', count: failures, message: 'as told' }],
    kept: [],
    outstanding: 1,
    gaveUp: false,
    collectingMs: 0,
  };
};

/** One server with a fixed service time and arrivals at these times: a queue. */
export const queueOf = (at: ArrayLike<number>, serviceMs: number): Played => {
  let free = 0;
  const latencies = Array.from(at, (due) => {
    free = Math.max(free, due) + serviceMs;
    return free - due;
  });
  return { ...playedOf(Array.from(at), latencies), serviceMs: new Float64Array(at.length).fill(serviceMs) };
};
