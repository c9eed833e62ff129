import type { Context } from './context.ts';
import type { Model } from './model.ts';
import type { Options, OptionsSpec } from './options.ts';

/** Why something was not done: an expected outcome, so a value. */
export interface Refusal {
  /** A plain sentence: "the weight is shared by two operators". */
  readonly reason: string;
  /** Names of the nodes (or of their first outputs, when unnamed) it is about; empty: the model as a whole. */
  readonly nodes: readonly string[];
}

/** What was done, one entry a rewritten place. */
export interface Change {
  readonly what: string;
  readonly nodes: readonly string[];
}

export interface TechniqueResult {
  readonly model: Model;
  readonly changes: readonly Change[];
  readonly skipped: readonly Refusal[];
  /** Session config entries that the result must run with to be what it claims (for example `session.x64quantprecision`). */
  readonly config?: Readonly<Record<string, string>>;
  /** Files beside the model that change with it, by name: a rewritten tokenizer.json. Later steps and the task read these. */
  readonly companions?: ReadonlyMap<string, Uint8Array>;
}

/** What a search decides, in the order in which the steps of a chain stand. A chain has at most one technique of a stage; those of `cleanup`
 *  and of `fusion` go together. */
export const stages = [
  'cleanup',
  'vocabulary',
  'positions',
  'network',
  'recovery',
  'scales',
  'tokens',
  'attention',
  'fusion',
  'weights',
  'tables',
  'exit',
] as const;
export type Stage = (typeof stages)[number];

/** Where a technique stands in a search of combinations, and what for. */
export interface Place {
  readonly stage: Stage;
  /** What it makes less: the time of an answer, the bytes of file or memory. A search leaves out what saves nothing that is wanted. */
  readonly saves: readonly ('time' | 'bytes')[];
  /** It only makes sense together with one of these (patterns): it prepares for them, or makes up for what they did. */
  readonly with?: readonly string[];
  /** Whether it changes anything shows only by applying it, which is quick: no longer than reading the weights or the data once. */
  readonly quick?: true;
  /** What comes out has other layers, by other names. */
  readonly remakes?: true;
  /** It stores all weights, tables of embeddings too. */
  readonly whole?: true;
  /** It asks the original, too: nothing that rewrites the tokenizer can come before. */
  readonly sameTokens?: true;
}

export interface Technique<S extends OptionsSpec = OptionsSpec> {
  /** `family/name`, stable. */
  readonly id: string;
  /** Raised whenever the same input and options may give another output. Part of every key. */
  readonly version: number;
  readonly title: string;
  /** Paper, specification or operator that defines it. */
  readonly source: string;
  /** Two or three plain sentences: what it does, when it pays, what it costs. Becomes the documentation. */
  readonly summary: string;
  readonly options: S;
  /** It changes layers one by one, and its option `exclude` leaves the named ones as they were: harmful ones can be taken back. */
  readonly layerwise?: true;
  readonly needs: {
    readonly calibration: 'none' | 'optional' | 'required';
    /** Learns from `context.learning` by gradients or from labels: it needs that data, and minutes. */
    readonly training: boolean;
  };
  /** The `dtype` suffix by which transformers.js finds the file: '' | 'quantized' | 'q4' | 'fp16' | …, or null when none is standard. */
  readonly fileSuffix: string | null;
  /** Where the suffix depends on the options. */
  suffixFor?(options: Options<S>): string | null;
  /** Absent: no part of a search. */
  readonly place?: Place;
  /** Values of options that are worth trying on this model, in place of their `search`, where that depends on the model. Cheap: reads no weights. */
  searchFor?(model: Model): Readonly<Record<string, readonly unknown[]>>;
  /** Largest relative output error ‖y − y′‖₂ / ‖y‖₂ on real inputs that this technique, with these options, may cause.
   *  Verification fails a variant above it. Lossless rewrites state rounding only (for example 1e-4). null: the result is another
   *  network (a student, a pruned model), which is held to its answers alone. */
  tolerance(options: Options<S>): number | null;
  /** null, or why the technique as a whole does not apply. Cheap: reads no weights. */
  check(model: Model, options: Options<S>): Refusal | null;
  /** Errors: throws only for faults (unreadable data, cancellation). Never mutates its input. Deterministic for a seed. */
  apply(model: Model, options: Options<S>, context: Context): Promise<TechniqueResult>;
}

/** Declare a technique; infers the option types. */
export const defineTechnique = <const S extends OptionsSpec>(technique: Technique<S>): Technique<S> => technique;
