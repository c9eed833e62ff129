import type { SessionUsage, Value } from './session.ts';

/** What a client sends and when, decided as a whole before the first request. */
export interface LoadPlan {
  /** Milliseconds from the start at which each query is due, ascending, whatever is still unanswered; null: each query is sent as soon
   *  as the one before is answered. */
  readonly at: Float64Array | null;
  /** Calls of each query, one query after the other: indices into the calls that the client was given. */
  readonly calls: Int32Array;
  readonly callsPerQuery: number;
  /** Without `at`: goes on, from the start of `calls` again if need be, until both hold. */
  readonly minQueries: number;
  readonly minMs: number;
  /** No query is sent after this time. */
  readonly maxMs: number;
  /** After the last query was sent, unanswered ones are waited for this long. */
  readonly drainMs: number;
  /** Ends the run once more than `count` queries took longer than `ms`; null: never. */
  readonly giveUp: { readonly ms: number; readonly count: number } | null;
  /** Queries whose outputs come back, ascending. */
  readonly keep: Int32Array;
}

/** What happened to a query. */
export const queryStates = ['answered', 'failed', 'unanswered'] as const;

/** What a client saw. One entry per query in each array; times in ms from the start of the run. */
export interface Played {
  /** When it was due; for queries without arrival times, when it was sent. */
  readonly scheduledMs: Float64Array;
  readonly sentMs: Float64Array;
  /** When the last of its answers was there, or the fault; NaN: never. */
  readonly doneMs: Float64Array;
  /** Time inside the model, as the other side measured it; NaN where it does not say. */
  readonly serviceMs: Float64Array;
  /** Index into `queryStates`. */
  readonly state: Uint8Array;
  /** Faults by code, with one message of each. */
  readonly faults: readonly { readonly code: string; readonly count: number; readonly message: string }[];
  /** Outputs of the queries that were to be kept: one per call. */
  readonly kept: readonly { readonly query: number; readonly outputs: readonly Readonly<Record<string, Value>>[] }[];
  /** Most queries that waited for an answer at the same time. */
  readonly outstanding: number;
  /** True: `giveUp` ended it. */
  readonly gaveUp: boolean;
  /** Garbage collection in the client's process during the run, ms. */
  readonly collectingMs: number;
}

/** Sends requests to one version from a process of its own, so that nothing else delays them.
 *  Errors: every method rejects with `runtime/…` or `endpoint/…` when the other side cannot be reached any more. */
export interface LoadClient {
  /** Errors of single requests are counted in the result. */
  play(plan: LoadPlan): Promise<Played>;
  /** Of the process that runs the model; null where that is another machine's. */
  usage(): Promise<SessionUsage | null>;
  close(): Promise<void>;
}

/** What the application expects of the model in production. */
export interface Traffic {
  readonly requestsPerSecond?: number;
  /** Within which a request must be answered. */
  readonly latencyLimitMs?: number;
  readonly requestsPerMonth?: number;
}
