import type { LearningText } from './learning.ts';
import type { Feeds, RunResult, Value } from './session.ts';

/** One row of data after the column map: what goes in, what should come out, and who it is about. */
export interface Example {
  /** Unique within its split: the data's own id column, or the row number. */
  readonly id: string;
  /** Text tasks: the text, and for pairs the second one. */
  readonly text?: string;
  readonly pair?: string;
  /** Tensor tasks: named arrays. */
  readonly tensors?: Readonly<Record<string, Value>>;
  /** The right answer by name, or null when unlabelled. */
  readonly label: string | null;
  /** Group columns, such as style, language or customer segment. */
  readonly groups: Readonly<Record<string, string>>;
}

/** A model's answers on a list of examples, in the same order. */
export interface Predictions {
  /** Class names in the model's own order. */
  readonly labels: readonly string[];
  /** Index into `labels` per example. */
  readonly predicted: Int32Array;
  /** Shape [examples, labels.length], row-major: raw logits or probabilities as the model gives them. */
  readonly scores: Float32Array;
  /** How many inputs were longer than the model accepts and were cut. */
  readonly truncated: number;
}

/** How a text task's tokenizer works, for techniques that learn from tokens. */
export interface TaskText extends LearningText {
  /** Token ids of an example with the special ones, cut to the maximum length. */
  tokens(example: Example): readonly number[];
}

/** What the model is for: turns examples into tensors and tensors into answers. */
export interface Task {
  readonly id: 'text-classification' | 'tensor-classification';
  /** What an answer is; absent: one of `labels`, with a score for each. */
  readonly answers?: 'classes';
  /** Class names in the model's output order. */
  readonly labels: readonly string[];
  /** Everything that changes an answer (tokenizer digest, label map, maximum length): part of every key. */
  readonly fingerprint: string;
  /** Examples with the same bucket (token count, shape) go into one call without padding or reshaping. Absent: any examples do. */
  bucket?(example: Example): string;
  /** Feeds for a batch of examples, padded to the longest of the batch. Same examples, same tensors. */
  encode(examples: readonly Example[]): { readonly feeds: Feeds; readonly truncated: number; readonly tokens: number };
  /** Text tasks of single texts. */
  readonly text?: TaskText;
  /** Name of the model output with the scores. */
  readonly output?: string;
  /** One row of scores per example of the batch. */
  decode(result: RunResult, count: number): Float32Array;
}
