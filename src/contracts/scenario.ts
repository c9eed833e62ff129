import type { Price } from './evaluator.ts';
import type { Traffic } from './load.ts';
import type { SessionOptions } from './session.ts';
import type { TaskId } from './task.ts';

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
  /** The task of a benchmark ("glue/sst2") whose own file this is: it knows the columns and the names of the labels. */
  readonly suite?: string;
  /** Column map: role → column name. */
  readonly columns: {
    readonly text?: string;
    readonly pair?: string;
    readonly label?: string;
    /** Token classification: the words, and a tag for each. */
    readonly tokens?: string;
    readonly tags?: string;
    /** Question answering. */
    readonly question?: string;
    readonly context?: string;
    readonly answers?: string;
    /** Multiple choice: one column with lists, or one column for each choice. */
    readonly choices?: string | readonly string[];
    /** Regression and similarity: the right number. */
    readonly score?: string;
    /** Path of a picture relative to the data file, the picture's bytes, or its pixels. */
    readonly image?: string;
    /** Retrieval: ids of the documents that answer a query, or grades by id. */
    readonly relevant?: string;
    /** Tensor to tensor: model output → column with what it should be. */
    readonly reference?: Readonly<Record<string, string>>;
    readonly id?: string;
    readonly groups: readonly string[];
    /** Tensor tasks: model input → column or array name. */
    readonly tensors?: Readonly<Record<string, string>>;
  };
  /** Use at most this many rows, taken by seed. */
  readonly limit?: number;
}

/** What single tasks let a user say beside labels, length and output. */
export interface TaskSettings {
  /** Multi-label: a label is given from this probability on. Default: 0.5. */
  readonly threshold?: number;
  /** Multi-label: what the model's scores are. Default: logits, which a sigmoid turns into probabilities. */
  readonly scores?: 'logits' | 'probabilities';
  /** Token classification: how entities are read from tags. Default: leniently, as conlleval does; otherwise strictly by this scheme. */
  readonly scheme?: 'lenient' | 'IOB1' | 'IOB2' | 'IOE1' | 'IOE2' | 'IOBES' | 'BILOU';
  /** Question answering: tokens that neighboring windows of a long text share. Default: 128. */
  readonly docStride?: number;
  /** Question answering: longest answer in tokens. Default: 30. */
  readonly maxAnswerLength?: number;
  /** Question answering: "no answer" is given when its score beats the best answer's by more than this. Absent: an answer is always given. */
  readonly noAnswerThreshold?: number;
  /** Embeddings: how token vectors become one. Default: mean. An output that has one vector per text is taken as it is. */
  readonly pooling?: 'mean' | 'cls' | 'max';
  /** Embeddings: how two are compared. Default: cosine. */
  readonly similarity?: 'cosine' | 'dot';
  /** Retrieval: how many documents are looked at. Default: 10. */
  readonly k?: number;
  /** Embeddings: put before every text, or before every query and every document, as the model was trained ("query: "). */
  readonly prefix?: string;
  readonly documentPrefix?: string;
}

/** The hardware that a version is chosen for, where workers bring it. */
export interface Target {
  /** What a worker's owner says of it: name → value. */
  readonly labels: Readonly<Record<string, string>>;
  /** All of these, by the names of /proc/cpuinfo. */
  readonly instructionSets: readonly string[];
  readonly coresAtLeast: number;
  readonly memoryBytesAtLeast: number;
}

/** How the best combination is searched for. */
export interface SearchSettings {
  /** A searcher's id; null: only what is known to pay is tried, one after the other. */
  readonly searcher: string | null;
  /** The searcher's own options. */
  readonly searcherOptions: Readonly<Record<string, unknown>>;
  /** Of the budget, what the search may use. In (0, 0.9]. */
  readonly share: number;
  /** How many versions get the full weighing. */
  readonly finalists: number;
  /** Ids of techniques that may be used, `*` for any run of characters; null: all that can pay. One that is named in full is tried even
   *  where it is known not to pay. */
  readonly techniques: readonly string[] | null;
  /** What equal layers are grouped by, so that a group of them can be left as it is: nothing, their role in a block (query, output, …), or
   *  their block (the first, the last). */
  readonly layers: 'none' | 'roles' | 'blocks';
  /** Settings of the runtime to try beside those of the scenario's session. */
  readonly session: { readonly [K in SearchedSetting]?: readonly NonNullable<SessionOptions[K]>[] };
  /** Technique → option → values to try in place of those that the technique declares. */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
}

/** Settings of the runtime that a search can decide. */
export type SearchedSetting =
  | 'intraOpThreads'
  | 'batchSize'
  | 'sequenceBuckets'
  | 'graphOptimization'
  | 'executionMode'
  | 'memoryArena'
  | 'memoryPattern';

export const defaultSearch: SearchSettings = {
  searcher: 'halving',
  searcherOptions: {},
  share: 0.4,
  finalists: 6,
  techniques: null,
  layers: 'none',
  session: {},
  values: {},
};

export interface Scenario {
  readonly name: string;
  /** Folder, .onnx file or hf:owner/name[@revision]. */
  readonly model: string;
  readonly task: {
    readonly id: TaskId;
    /** Model head order → label name, when config.json does not say. Multiple choice: names of the choices, in their order. */
    readonly labels?: readonly string[];
    readonly maxLength?: number;
    /** Which model output holds the scores; default: the first. */
    readonly output?: string;
  } & TaskSettings;
  readonly data: {
    /** Unlabelled inputs for calibration and self-checks. Must not overlap with the others. */
    readonly calibration?: DataSource;
    /** Examples to train on, labelled or not. Must not overlap with the evaluation data. */
    readonly train?: DataSource;
    /** What training stops by; default: a tenth of the training data. */
    readonly validation?: DataSource;
    /** Examples that belong to no class. */
    readonly outOfScope?: DataSource;
    /** Retrieval: the documents that queries search. */
    readonly corpus?: DataSource;
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
  /** Technique chains to try, weighed as they stand; null: they are searched for. */
  readonly candidates: readonly Chain[] | null;
  readonly search: SearchSettings;
  /** null: the machine at hand, or any worker's. */
  readonly target: Target | null;
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
