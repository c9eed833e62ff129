/** What a prediction is: one of the labels, a number, or a text. */
export type AnswerKind = 'class' | 'score' | 'text';

/** Ids of the metrics that the benchmarks use. */
export type SuiteMetricId =
  'accuracy' | 'f1' | 'f1-macro' | 'matthews' | 'pearson' | 'spearman' | 'f1a' | 'em' | 'token-f1' | 'gender-parity';

export type SuiteId = 'glue' | 'superglue' | 'advglue';

/** How a tab-separated file of GLUE holds a task: field → column. Columns are names, or positions where the file has no header. */
export interface TsvLayout {
  readonly fields: Readonly<Record<string, string | number>>;
  /** Column with the right answer. */
  readonly label: string | number;
}

/** Texts that a model of single texts or pairs reads; `{field}` stands for a field's value. */
export interface SuiteText {
  readonly text: string;
  readonly pair?: string;
}

/** Where a data folder keeps a task's rows with right answers: names of the folder and of the file, both lower-case. */
export interface GoldPlace {
  readonly folder: RegExp;
  readonly file: RegExp;
}

/** One task of a benchmark. */
export interface SuiteTask {
  /** "glue/cola" */
  readonly id: string;
  readonly suite: SuiteId;
  readonly title: string;
  /** What goes in, named as the hub's copy names it. */
  readonly fields: readonly string[];
  readonly answer: AnswerKind;
  /** Names in id order; empty when the answer is no class. */
  readonly labels: readonly string[];
  /** Limits of an answer that is a number. */
  readonly range?: readonly [number, number];
  readonly metrics: readonly SuiteMetricId[];
  /** Rows of the split whose right answers are public. */
  readonly rows: number;
  /** That split: "validation", or "test" for diagnostic sets. */
  readonly split: 'validation' | 'test';
  /** Rows that belong together, so that they are drawn together. */
  readonly cluster?: 'question' | 'passage' | 'pair';
  /** Null: a model of single texts or pairs cannot answer it, with the reason in `needs`. */
  readonly text: SuiteText | null;
  readonly needs?: string;
  readonly tsv?: readonly TsvLayout[];
  readonly places: readonly GoldPlace[];
  /** Other names: of ids, of folders and of prediction files, lower-case without separators. */
  readonly aliases: readonly string[];
  /** What a reader of the number must know. */
  readonly caution?: string;
  readonly source: string;
}

/** One row of a task with its right answer. */
export interface GoldRow {
  /** What predictions are matched by: the data's own idx, or the row number from 0. */
  readonly id: string;
  readonly fields: Readonly<Record<string, string | number>>;
  /** Class index or number; null when it is hidden, or when the answer is a text. */
  readonly label: number | null;
  /** Texts that are right, for answers that are texts; empty when hidden. */
  readonly answers?: readonly string[];
  /** Texts that may be chosen. */
  readonly entities?: readonly string[];
  /** Rows with the same cluster belong together. */
  readonly cluster?: string;
}

export interface Gold {
  readonly path: string;
  /** "GLUE TSV", "SuperGLUE JSONL", "Parquet as on the hub", … */
  readonly layout: string;
  readonly rows: readonly GoldRow[];
  readonly notes: readonly string[];
}

/** A system's answers in the order of the right ones. */
export type Given =
  | { readonly kind: 'class'; readonly predicted: Int32Array }
  | { readonly kind: 'score'; readonly predicted: Float64Array }
  /** Null: not answered. */
  | { readonly kind: 'text'; readonly predicted: readonly (string | null)[] };

export interface Answers {
  readonly path: string;
  readonly layout: string;
  readonly given: Given;
  readonly notes: readonly string[];
}
