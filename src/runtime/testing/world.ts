import { SteelyardError, type LoadPlan, type RunResult } from '../../contracts/index.ts';
import type { Clock } from '../client/clock.ts';
import type { Target } from '../client/play.ts';

/** A world with a clock of its own: time passes only from event to event, at once. */
export const simulated = () => {
  let now = 0;
  const events: { at: number; happen: () => void }[] = [];
  let turning = false;
  const turn = (): void => {
    const next = events.sort((a, b) => a.at - b.at).shift();
    if (next === undefined) {
      turning = false;
      return;
    }
    now = Math.max(now, next.at);
    next.happen();
    setImmediate(turn);
  };
  const schedule = (at: number, happen: () => void): void => {
    events.push({ at, happen });
    if (!turning) {
      turning = true;
      setImmediate(turn);
    }
  };
  const clock: Clock = { now: () => now, until: (at) => new Promise((resolve) => schedule(at, resolve)) };
  /** A server with one worker; `ms` of the n-th call, null: it never answers, an error code: it fails after 1 ms. */
  const server = (ms: (n: number, call: number) => number | string | null): Target & { readonly seen: number[] } => {
    let free = 0;
    const seen: number[] = [];
    return {
      seen,
      drop: () => undefined,
      send: (call) =>
        new Promise<RunResult>((resolve, reject) => {
          const taken = ms(seen.push(call) - 1, call);
          if (taken === null) return;
          const length = typeof taken === 'string' ? 1 : taken;
          free = Math.max(free, now) + length;
          schedule(free, () =>
            typeof taken === 'string'
              ? reject(new SteelyardError(taken, 'as told'))
              : resolve({
                  outputs: { y: { dtype: 'float32', dims: [1], data: Float32Array.of(call) } },
                  durationMs: length,
                  cpuMs: length,
                }),
          );
        }),
    };
  };
  return { clock, server, schedule };
};

/** A plan with defaults. */
export const planOf = (more: Partial<LoadPlan>): LoadPlan => ({
  at: null,
  calls: Int32Array.of(0),
  callsPerQuery: 1,
  minQueries: 1,
  minMs: 0,
  maxMs: 60_000,
  drainMs: 5_000,
  giveUp: null,
  keep: new Int32Array(0),
  ...more,
});
