import type { LearningText } from './learning.ts';
import type { MetricSpec } from './measurement.ts';
import type { Feeds, RunResult, Value } from './session.ts';

/** What a model may be for. */
export const taskIds = [
  'text-classification',
  'tensor-classification',
  'image-classification',
  'multiple-choice',
  'multi-label',
  'token-classification',
  'question-answering',
  'text-regression',
  'tensor-regression',
  'sentence-similarity',
  'retrieval',
  'tensor-to-tensor',
] as const;
export type TaskId = (typeof taskIds)[number];

/** What an answer is: one of the task's labels with a score for each · any of the labels · a tag per word · a piece of the text ·
 *  a number · an embedding · whatever numbers the model gives. */
export type AnswerKind = 'classes' | 'labels' | 'tags' | 'span' | 'number' | 'vector' | 'tensor';

/** A picture as the data gives it: decoded when it is fed. Pixels: [height, width] or [height, width, channels], uint8. */
export type Image = { readonly digest: string } & (
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'pixels'; readonly pixels: Value }
);

/** The right answer where it is not one name: a number (regression, similarity) · labels, a tag per word, or accepted answers (none: the text
 *  has no answer) · grade by document id (retrieval) · outputs by name. */
export type Gold =
  number | readonly string[] | Readonly<Record<string, number>> | { readonly outputs: Readonly<Record<string, Value>> };

/** One row of data after the column map: what goes in, what should come out, and who it is about. */
export interface Example {
  /** Unique within its split: the data's own id column, or the row number. */
  readonly id: string;
  /** Text tasks: the text, and for pairs the second one (question-answering: the question, and the text that holds the answer). */
  readonly text?: string;
  readonly pair?: string;
  /** Token classification: the words of a sentence. */
  readonly words?: readonly string[];
  /** Multiple choice: what to choose from. */
  readonly choices?: readonly string[];
  readonly image?: Image;
  /** Retrieval: this is no query but a document of the corpus. */
  readonly document?: true;
  /** Tensor tasks: named arrays. */
  readonly tensors?: Readonly<Record<string, Value>>;
  /** The right answer by name, or null when unlabelled. */
  readonly label: string | null;
  readonly gold?: Gold;
  /** Group columns, such as style, language or customer segment. */
  readonly groups: Readonly<Record<string, string>>;
}

/** A piece of a text: characters `start` to before `end`; an empty text says that there is no answer. */
export interface Span {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of the best piece, and of "no answer". */
  readonly score: number;
  readonly none: number;
}

/** An answer in words: labels or tags, or a span. */
export type Answer = readonly string[] | Span;

/** A model's answers on a list of examples, in the same order. */
export interface Predictions {
  /** Class names in the model's own order. */
  readonly labels: readonly string[];
  /** Index into `labels` per example; empty where answers are no classes. */
  readonly predicted: Int32Array;
  /** Shape [examples, labels.length], row-major: raw logits or probabilities as the model gives them. With `sizes`: their numbers one after another. */
  readonly scores: Float32Array;
  /** Numbers, vectors, tensors: how many of `scores` belong to each example. */
  readonly sizes?: Int32Array;
  /** Labels, tags, spans: one answer per example. */
  readonly answers?: readonly Answer[];
  /** How many inputs were longer than the model accepts and were cut. */
  readonly truncated: number;
}

/** Answers held against the right ones, row by row. */
export interface Judged {
  /** Which of the examples are judged: those with a right answer. */
  readonly rows: readonly number[];
  /** One value per metric of the judging when row i counts `weights[i]` times; absent: once each. Always finite. */
  values(weights?: ArrayLike<number>): Float64Array;
  /** Rows with the same number belong together and are drawn together (questions about one text); absent: every row stands alone. */
  readonly clusters?: ArrayLike<number>;
  /** 1 where the answer is wholly right; absent: answers are only more or less right. */
  readonly right?: Uint8Array;
  /** Metrics on parts of what is answered ("entity=PER"): one value per column. `count`: of how many right answers it is told. */
  readonly slices?: {
    readonly columns: readonly { readonly name: string; readonly metric: string; readonly count: number }[];
    values(weights?: ArrayLike<number>): Float64Array;
  };
  /** What a reader of the numbers must know. */
  readonly caveat?: string;
}

/** How answers that are not classes are judged. */
export interface Judging {
  readonly metrics: readonly MetricSpec[];
  /** Refuse right answers that this task cannot give. Errors: `task/labels`, `task/gold`. */
  check(examples: readonly Example[], where: string): void;
  /** `original`: the baseline's answers, for tasks that are judged against them where no right answer is given. */
  judge(examples: readonly Example[], predictions: Predictions, original: Predictions): Judged;
  /** Whether an example is answered differently; absent: numbers always differ a little. */
  changed?(before: Predictions, after: Predictions, row: number): boolean;
}

/** How a text task's tokenizer works, for techniques that learn from tokens. */
export interface TaskText extends LearningText {
  /** Token ids of an example with the special ones, cut to the maximum length. */
  tokens(example: Example): readonly number[];
}

/** What the model is for: turns examples into tensors and tensors into answers. */
export interface Task {
  readonly id: TaskId;
  /** What an answer is; absent: classes. */
  readonly answers?: AnswerKind;
  /** Class names in the model's output order; tags, where they are tags; empty where answers have no names. */
  readonly labels: readonly string[];
  /** Everything that changes an answer (tokenizer digest, label map, maximum length): part of every key. */
  readonly fingerprint: string;
  /** Examples with the same bucket (token count, shape) go into one call without padding or reshaping. Absent: any examples do. */
  bucket?(example: Example): string;
  /** Feeds for a batch of examples, padded to the longest of the batch. Same examples, same tensors. */
  encode(examples: readonly Example[]): { readonly feeds: Feeds; readonly truncated: number; readonly tokens: number };
  /** Text tasks of single texts. */
  readonly text?: TaskText;
  /** Name of the model output with one row of class scores per example; absent: it has none, so nothing is learned from it. */
  readonly output?: string;
  /** Examples that take several rows of the model: one example per row (windows of a long text, the two texts of a pair). Absent: one row each.
   *  `bucket`, `encode` and `decode` take these like any example; the same example has the same parts. */
  parts?(example: Example): readonly Example[];
  /** One row of numbers per row of the batch, all of one length. `examples` are those that were encoded. */
  decode(result: RunResult, count: number, examples: readonly Example[]): Float32Array;
  /** What the rows of an example come to: its numbers in `Predictions.scores`, and the answer in words. Absent: its one row is its scores. */
  answer?(
    example: Example,
    rows: readonly Float32Array[],
  ): { readonly numbers: Float32Array; readonly answer?: Answer };
  /** Absent: classes, whose evaluators know how to judge them. */
  readonly judging?: Judging;
}
