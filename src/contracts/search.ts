import type { Options, OptionsSpec } from './options.ts';

/** One thing that a search decides: how the weights of products are stored, how many threads run it. */
export interface Dimension {
  /** Unique within a space: "products", "products/bits". */
  readonly id: string;
  readonly title: string;
  /** What it can be, in words, at least two; the first leaves things as they are. */
  readonly values: readonly string[];
  /** Neighbors in the list are alike: shares, sizes, counts. */
  readonly ordered: boolean;
  /** It counts only where an earlier dimension counts and has one of these values (indices); elsewhere it is 0. */
  readonly when?: { readonly dimension: string; readonly values: readonly number[] };
}

/** One index a dimension, in the order of the space's dimensions. Dimensions that do not count are 0. */
export type Point = readonly number[];

/** Everything that a search may try. */
export interface Space {
  readonly dimensions: readonly Dimension[];
  /** Why a point cannot be, or is known not to pay here; null: it may be tried. Pure and cheap. */
  excluded(point: Point): string | null;
}

/** How thoroughly a point is looked at. The last rung is the full look. */
export interface Rung {
  readonly name: string;
  /** What it costs against the full look, in (0, 1]. */
  readonly cost: number;
}

export interface SearchProblem {
  readonly space: Space;
  /** What is known to pay: tried first, in this order. */
  readonly seeds: readonly Point[];
  /** Names of what is wanted, the most wanted first. Every objective is made smaller. */
  readonly objectives: readonly string[];
  readonly rungs: readonly Rung[];
  /** What all trials together may take. */
  readonly seconds: number;
  /** How many trials can go on at once. */
  readonly width: number;
  readonly seed: number;
}

export interface Ask {
  readonly point: Point;
  /** Index into the problem's rungs. */
  readonly rung: number;
}

export type TrialOutcome =
  | {
      readonly kind: 'looked';
      /** One number an objective, smaller is better: the logarithm of a ratio to the original, or a loss. */
      readonly objectives: readonly number[];
      /** Standard error of each. */
      readonly errors: readonly number[];
      /** How far the conditions are from being met, summed, each relative to its own limit; 0: all seem to hold. */
      readonly misses: number;
      /** A condition fails by its test already: more looking cannot save it. */
      readonly hopeless: boolean;
    }
  /** It cannot be built or does not run. `steps`: so many of its first steps are enough for that, so that chains which begin alike fail alike. */
  | { readonly kind: 'failed'; readonly reason: string; readonly steps?: number };

export interface Tried extends Ask {
  readonly outcome: TrialOutcome;
  readonly seconds: number;
}

/** Which point to look at next. A pure function of the history, so that a killed run goes on where it was and a run can be replayed. */
export interface Searcher<S extends OptionsSpec = OptionsSpec> {
  /** Stable: "halving", "tpe". */
  readonly id: string;
  /** Raised whenever the same history may give another answer. */
  readonly version: number;
  readonly title: string;
  /** Paper that defines it. */
  readonly source: string;
  readonly summary: string;
  readonly options: S;
  /** Up to `problem.width` points less those pending; none: the search is done (nothing is left, or the time is used up). Never a point that is
   *  excluded, was tried at this rung, or is pending. The order of `history` is the order of finishing.
   *  Errors: none; an empty space is answered by nothing. */
  ask(problem: SearchProblem, options: Options<S>, history: readonly Tried[], pending: readonly Ask[]): readonly Ask[];
}

/** Declare a searcher; infers the option types. */
export const defineSearcher = <const S extends OptionsSpec>(searcher: Searcher<S>): Searcher<S> => searcher;
