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
