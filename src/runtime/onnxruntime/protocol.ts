import type { Descent, SessionOptions, SessionUsage, Training, Value } from '../../contracts/index.ts';

/** A tensor or another kind of value in a model's signature, as the runtime describes it. */
export interface Slot {
  readonly name: string;
  /** null: a sequence, map or optional, which cannot travel. */
  readonly tensor: { readonly dtype: string; readonly dims: readonly (number | string)[] } | null;
}

/** Where a session leaves its optimized graph and the times of its kernels. */
export interface Profiling {
  /** The graph that really runs. */
  readonly optimizedPath: string;
  /** Name of a file beside it for large weights; null: all weights go into the graph's own file, which ends at 2 GiB. */
  readonly optimizedData: string | null;
  /** The runtime appends the time and .json. */
  readonly prefix: string;
}

/** Parent to child. Messages travel as structured clones (binary), never as JSON. */
export type Request =
  | {
      readonly id: number;
      readonly kind: 'load';
      readonly path: string;
      readonly options: SessionOptions;
      readonly profile: Profiling | null;
    }
  | {
      readonly id: number;
      readonly kind: 'run';
      readonly feeds: Readonly<Record<string, Value>>;
      readonly fetch: readonly string[];
      readonly keep: Readonly<Record<string, string>>;
      readonly zeros: Readonly<Record<string, readonly number[]>>;
      readonly cpu: boolean;
      /** null: no weights move. */
      readonly descent: Descent | null;
    }
  | { readonly id: number; readonly kind: 'read'; readonly inputs: readonly string[] }
  /** Make room for weights that learn. */
  | { readonly id: number; readonly kind: 'train'; readonly training: Training }
  | { readonly id: number; readonly kind: 'writeWeights'; readonly values: Readonly<Record<string, Value>> }
  | { readonly id: number; readonly kind: 'readWeights'; readonly names: readonly string[] }
  | { readonly id: number; readonly kind: 'usage'; readonly collect: boolean }
  | { readonly id: number; readonly kind: 'finish' }
  /** Let go of the model: the process is used for another one. */
  | { readonly id: number; readonly kind: 'unload' };

export interface Loaded {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly loadMs: number;
}

export interface Ran {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly durationMs: number;
  readonly cpuMs: number;
  /** Of the gradients; null where no weights learn. */
  readonly norm: number | null;
}

/** What each request is answered with. */
export interface Answers {
  readonly load: Loaded;
  readonly run: Ran;
  readonly train: null;
  readonly writeWeights: null;
  readonly readWeights: Readonly<Record<string, Value>>;
  readonly read: Readonly<Record<string, Value>>;
  readonly usage: SessionUsage;
  /** The profile is written. */
  readonly finish: null;
  readonly unload: null;
}

/** Child to parent. Anything of another form is dropped: a native library may write what it likes. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };

/** True for a message that this protocol's child sends. */
export const isReply = (message: unknown): message is Reply => {
  if (typeof message !== 'object' || message === null) return false;
  const reply = message as { id?: unknown; ok?: unknown; message?: unknown };
  return (
    typeof reply.id === 'number' && (reply.ok === true || (reply.ok === false && typeof reply.message === 'string'))
  );
};
