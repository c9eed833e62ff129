import { isSteelyardError, type LoadPlan, type Played, type RunResult } from '../../contracts/index.ts';
import type { Clock } from './clock.ts';

/** What requests are sent to: a model's process, an endpoint. */
export interface Target {
  /** Send one call. Rejects with a coded error when it fails. */
  send(call: number): Promise<RunResult>;
  /** Forget calls that were accepted but not begun; their promises never settle. */
  drop(): void;
}

const faultOf = (error: unknown): { code: string; message: string } =>
  isSteelyardError(error)
    ? { code: error.code, message: error.message }
    : { code: 'load/client', message: String(error) };

/** Arrays that grow with the run, for plans whose number of queries is not known before. */
class Column {
  #values: Float64Array;
  constructor(size: number) {
    this.#values = new Float64Array(Math.max(16, size)).fill(Number.NaN);
  }
  set(at: number, value: number): void {
    if (at >= this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2).fill(Number.NaN);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[at] = value;
  }
  get(at: number): number {
    return this.#values[at]!;
  }
  slice(count: number): Float64Array {
    return this.#values.slice(0, count);
  }
}

/** Send a plan's queries to a target and note when each was due, sent and answered. With arrival times the queries are sent at those
 *  times whatever is still unanswered (open loop), so that a stall delays what comes after it, as it would in production; a query's latency
 *  counts from when it was due. Never waits longer than the plan says: what is not answered by then is told as such.
 *  Source: MLPerf LoadGen, Server, SingleStream, MultiStream and Offline scenarios. */
export const play = async (plan: LoadPlan, target: Target, clock: Clock): Promise<Played> => {
  const { at, calls, callsPerQuery, giveUp } = plan;
  const planned = at === null ? Math.floor(calls.length / callsPerQuery) : at.length;
  const [scheduled, sent, done, service] = [0, 0, 0, 0].map(() => new Column(planned)) as [
    Column,
    Column,
    Column,
    Column,
  ];
  const failed = new Set<number>();
  const faults = new Map<string, { code: string; count: number; message: string }>();
  const keep = new Set(plan.keep);
  const kept: { query: number; outputs: RunResult['outputs'][] }[] = [];
  let [queries, open, outstanding, over] = [0, 0, 0, 0];
  let gaveUp = false;
  let ended = false;
  let wake = (): void => undefined;

  const start = clock.now();
  const elapsed = (): number => clock.now() - start;
  const finish = (query: number): void => {
    if (ended) return;
    const now = elapsed();
    done.set(query, now);
    open--;
    if (giveUp !== null && (failed.has(query) || now - scheduled.get(query) > giveUp.ms)) over++;
    wake();
  };
  const issue = (query: number, dueMs: number): Promise<void> => {
    const now = elapsed();
    scheduled.set(query, at === null ? now : dueMs);
    sent.set(query, now);
    queries = query + 1;
    open++;
    outstanding = Math.max(outstanding, open);
    const outputs: RunResult['outputs'][] = [];
    let [left, slowest] = [callsPerQuery, 0];
    return new Promise((resolve) => {
      const one = (): void => {
        if (--left > 0) return;
        if (!failed.has(query)) service.set(query, slowest);
        finish(query);
        resolve();
      };
      for (let i = 0; i < callsPerQuery; i++) {
        target.send(calls[(query * callsPerQuery + i) % calls.length]!).then(
          (result) => {
            slowest += result.durationMs;
            if (keep.has(query)) {
              outputs[i] = result.outputs;
              if (left === 1 && !failed.has(query)) kept.push({ query, outputs });
            }
            one();
          },
          (error: unknown) => {
            const { code, message } = faultOf(error);
            const known = faults.get(code);
            if (known === undefined) faults.set(code, { code, count: 1, message });
            else known.count++;
            failed.add(query);
            one();
          },
        );
      }
    });
  };
  /** Queries that have already been waited for longer than allowed, and those that were answered too late. */
  const hopeless = (): boolean => {
    if (giveUp === null) return false;
    if (over > giveUp.count) return true;
    if (open <= giveUp.count - over) return false;
    const now = elapsed();
    let late = over;
    for (let query = queries - 1; query >= 0 && late <= giveUp.count; query--)
      if (Number.isNaN(done.get(query)) && now - scheduled.get(query) > giveUp.ms) late++;
    return late > giveUp.count;
  };
  const within = async (promise: Promise<unknown>, ms: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([promise, new Promise((resolve) => (timer = setTimeout(resolve, Math.max(0, ms))))]);
    clearTimeout(timer);
  };

  if (at !== null) {
    for (let query = 0; query < at.length; query++) {
      if (at[query]! > plan.maxMs) break;
      if (start + at[query]! > clock.now()) await clock.until(start + at[query]!);
      // A machine that slept, or a schedule that cannot be kept: the time is over although queries are left.
      if (elapsed() > plan.maxMs + plan.drainMs) break;
      if (query % 16 === 0 && hopeless()) {
        gaveUp = true;
        break;
      }
      void issue(query, at[query]!);
    }
  } else
    for (let query = 0; planned > 0; query++) {
      const now = elapsed();
      if (now >= plan.maxMs || (query >= plan.minQueries && now >= plan.minMs)) break;
      if (hopeless()) {
        gaveUp = true;
        break;
      }
      await within(issue(query, now), plan.maxMs - now + plan.drainMs);
      if (open > 0) break;
    }
  if (open > 0 && !gaveUp) {
    const idle = new Promise<void>((resolve) => {
      wake = () => {
        if (open === 0) resolve();
        else if (hopeless()) {
          gaveUp = true;
          resolve();
        }
      };
    });
    await within(idle, plan.drainMs);
  }
  ended = true;
  if (open > 0) target.drop();
  const state = new Uint8Array(queries);
  for (let query = 0; query < queries; query++)
    state[query] = failed.has(query) ? 1 : Number.isNaN(done.get(query)) ? 2 : 0;
  return {
    scheduledMs: scheduled.slice(queries),
    sentMs: sent.slice(queries),
    doneMs: done.slice(queries),
    serviceMs: service.slice(queries),
    state,
    faults: [...faults.values()],
    kept: kept.toSorted((a, b) => a.query - b.query),
    outstanding,
    gaveUp,
    collectingMs: 0,
  };
};
