import type { Played } from '../../../contracts/index.ts';

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
