import type { DataType, ValueInfo } from './model.ts';

/** A concrete tensor on its way in or out of a session. Shapes: `data.length` = product of `dims`, row-major.
 *  float16 travels as Uint16Array bits, bool as Uint8Array, int64 as BigInt64Array, string as string[]. */
export interface Value {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: ValueArray;
}
export type ValueArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

export type Feeds = Readonly<Record<string, Value>>;

/** How a session runs. Part of a variant and of its key. */
export interface SessionOptions {
  /** Threads inside one operator. */
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  readonly graphOptimization: 'disabled' | 'basic' | 'extended' | 'all';
  readonly executionMode: 'sequential' | 'parallel';
  readonly memoryArena: boolean;
  readonly memoryPattern: boolean;
  /** ONNX Runtime session config entries, string values, for example `session.x64quantprecision`. */
  readonly config: Readonly<Record<string, string>>;
  /** Requests that share a call wherever requests may wait for each other (throughput, and what follows from it); absent: as many as the
   *  scenario's traffic brings. Who serves the version must do so: ONNX Runtime has no such setting. */
  readonly batchSize?: number;
  /** Lengths in tokens, ascending: of requests that may wait, those share a call whose lengths fall between the same two of these, so that
   *  little is padded; absent or empty: as they come. Who serves the version must do so. */
  readonly sequenceBuckets?: readonly number[];
}

export const defaultSessionOptions: SessionOptions = {
  intraOpThreads: 1,
  interOpThreads: 1,
  graphOptimization: 'all',
  executionMode: 'sequential',
  memoryArena: true,
  memoryPattern: true,
  config: {},
};

export interface RunOptions {
  /** Names of the outputs to compute and return; default: all of the model's outputs but the kept ones. */
  readonly fetch?: readonly string[];
  /** Output name → input name. The output stays in the session's process and feeds that input in the next runs
   *  (weights during training, caches), without travelling. A value fed explicitly replaces a kept one. */
  readonly keep?: Readonly<Record<string, string>>;
  /** Float32 inputs that are zeros in this run, with their shapes. They come into being in the session's process, without travelling. */
  readonly zeros?: Readonly<Record<string, readonly number[]>>;
  /** Whether the CPU time is wanted. It costs two calls of the system; without it `cpuMs` is NaN. Default: true. */
  readonly cpu?: boolean;
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, Value>>;
  /** Wall time of the inference call alone, measured inside the session's process. */
  readonly durationMs: number;
  /** User plus system CPU time of that process during the call, all threads. */
  readonly cpuMs: number;
}

export interface SessionUsage {
  readonly rssBytes: number;
  /** Highest resident set of the process so far (VmHWM). */
  readonly peakRssBytes: number;
  readonly cpuMs: number;
  readonly involuntaryContextSwitches: number;
  /** The process, where it is one of this machine. */
  readonly pid?: number;
}

/** One loaded model in its own process. Calls on one session may be made before earlier ones have returned; they are
 *  executed one after another, in the order in which they were made.
 *  Errors: every method rejects with `runtime/…`: `runtime/load` (does not load), `runtime/run` (the runtime refused the feeds),
 *  `runtime/crashed` (signal or exit, with the last words of the process), `runtime/timeout`, `runtime/memory`, `runtime/closed`. */
export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Wall time from starting the process to being ready, and of loading the model alone. */
  readonly startMs: number;
  readonly loadMs: number;
  run(feeds: Feeds, options?: RunOptions): Promise<RunResult>;
  /** The kept values of these inputs (see RunOptions.keep). */
  read(inputs: readonly string[]): Promise<Readonly<Record<string, Value>>>;
  /** `collect`: after the process has thrown its own garbage away, so that what is left is held. */
  usage(options?: { readonly collect?: boolean }): Promise<SessionUsage>;
  close(): Promise<void>;
}
