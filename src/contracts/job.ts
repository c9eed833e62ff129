import type { Digest } from './record.ts';
import type { Chain } from './scenario.ts';

/** A piece of a run's work that another process or machine can do. What it finds is in the run's store when it is done. */
export interface Job {
  /** Equal jobs have equal keys: they are done once. */
  readonly key: Digest;
  readonly work:
    | { readonly kind: 'build'; readonly chain: Chain }
    /** Answer the rows of a split; null: the original does. */
    | { readonly kind: 'answer'; readonly chain: Chain | null; readonly split: string }
    /** Weigh these versions against the original, all in one session. */
    | {
        readonly kind: 'measure';
        readonly chains: readonly Chain[];
        readonly split: string;
        /** Evaluator ids. */
        readonly evaluators: readonly string[];
        /** What evaluators with an option `maxSeconds` may share. */
        readonly seconds: number;
        /** Index of the look of a search whose shorter settings apply; absent: as the scenario wants them. */
        readonly rung?: number;
      }
    /** Take harmful layers back in the families of `chains` where none of the versions in `built` meets the conditions about answers. */
    | { readonly kind: 'rescue'; readonly chains: readonly Chain[]; readonly built: readonly Chain[] }
    /** Weigh these versions in full, choose, and confirm the choice. */
    | { readonly kind: 'conclude'; readonly chains: readonly Chain[]; readonly seconds: number };
  /** Nothing else may run on its machine meanwhile: it is about time. */
  readonly alone: boolean;
}

/** Who does a run's work. The run's own code does whatever is not in the store by then, so a crew only works ahead of it. */
export interface Crew {
  /** How many jobs can go on at once. */
  readonly size: number;
  /** Do these jobs in any order, and have what they found in the store. A job that fails for its own reasons leaves that as its record.
   *  Errors: `engine/cancelled`; `queue/…` when nobody can do them. */
  ahead(jobs: readonly Job[], progress?: (done: number, of: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** Nobody works ahead. */
export const soloCrew: Crew = { size: 1, ahead: () => Promise.resolve(), close: () => Promise.resolve() };
