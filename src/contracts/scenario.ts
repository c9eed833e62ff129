import type { Price } from './evaluator.ts';
import type { Traffic } from './load.ts';
import type { SessionOptions } from './session.ts';

/** One condition that a version must meet. Exactly one limit. */
export interface Gate {
  /** A metric id such as `accuracy`, `latency-p50`, `size`. */
  readonly metric: string;
  /** A subset of the data, "style=casual"; absent: all of it. */
  readonly slice?: string;
  readonly limit:
    /** The version's own value. In the metric's unit. */
    | { readonly kind: 'at-most' | 'at-least'; readonly value: number }
    /** Against the baseline: a difference for metrics compared by difference, a fraction for those compared by ratio
     *  (0.02 = at most 2 % worse; −0.3 = at least 30 % better). Direction follows the metric: worse is what the user does not want. */
    | { readonly kind: 'worse-by-at-most'; readonly value: number };
  /** Why the business cares: shown in the report beside the verdict. */
  readonly because?: string;
}

export interface DataSource {
  /** Path (relative to the scenario file) of JSONL, CSV, TSV, Parquet, npz or npy. */
  readonly path: string;
  /** Column map: role → column name. */
  readonly columns: {
    readonly text?: string;
    readonly pair?: string;
    readonly label?: string;
    readonly id?: string;
    readonly groups: readonly string[];
    /** Tensor tasks: model input → column or array name. */
    readonly tensors?: Readonly<Record<string, string>>;
  };
  /** Use at most this many rows, taken by seed. */
  readonly limit?: number;
}

export interface Scenario {
  readonly name: string;
  /** Folder, .onnx file or hf:owner/name[@revision]. */
  readonly model: string;
  readonly task: {
    readonly id: 'text-classification' | 'tensor-classification';
    /** Model head order → label name, when config.json does not say. */
    readonly labels?: readonly string[];
    readonly maxLength?: number;
    /** Which model output holds the scores; default: the first. */
    readonly output?: string;
  };
  readonly data: {
    /** Unlabelled inputs for calibration and self-checks. Must not overlap with the others. */
    readonly calibration?: DataSource;
    /** Examples to train on, labelled or not. Must not overlap with the evaluation data. */
    readonly train?: DataSource;
    /** What training stops by; default: a tenth of the training data. */
    readonly validation?: DataSource;
    /** Examples that belong to no class. */
    readonly outOfScope?: DataSource;
    /** Selection looks at this. */
    readonly evaluation: DataSource;
    /** The final check looks at this: another file, or a share of the evaluation data set aside before anything looks at it. */
    readonly holdback: DataSource | { readonly share: number };
  };
  readonly traffic: Traffic & { readonly batchSize: number };
  readonly session: Partial<SessionOptions>;
  readonly price: Price | null;
  readonly must: readonly Gate[];
  /** Metric ids, the most wanted first. */
  readonly prefer: readonly string[];
  /** What else to measure, and how: evaluator id → its options. */
  readonly weigh: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly budget: { readonly minutes: number };
  /** 1 − α of every verdict, Holm-corrected across gates. */
  readonly confidence: number;
  readonly seed: number;
  /** Technique chains to try; null: the default list for this model and machine. */
  readonly candidates: readonly Chain[] | null;
}

export interface ChainStep {
  readonly technique: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Techniques in order, and how the result runs. */
export interface Chain {
  readonly id: string;
  readonly steps: readonly ChainStep[];
  readonly session: Partial<SessionOptions>;
}
