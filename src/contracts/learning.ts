import type { Feeds } from './session.ts';

/** Rows that a technique may learn from. */
export interface LearningRows {
  readonly count: number;
  /** Class index in the order of the model's scores; null: nobody said. */
  label(row: number): number | null;
  /** What batches of like size are made by: tokens of a text, 1 for other inputs. */
  length(row: number): number;
  /** Token ids with the special ones; null when the inputs are no text. */
  tokens(row: number): readonly number[] | null;
  /** The model's inputs for some rows, padded to the longest of them. */
  feeds(rows: readonly number[]): Feeds;
}

/** How texts become tokens: what rewriting token rows needs to know. */
export interface LearningText {
  readonly padToken: number;
  readonly unknownToken: number | null;
  readonly maskToken: number | null;
  /** Tokens with a meaning of their own (padding, class, separator, mask, …): never replaced. */
  readonly special: ReadonlySet<number>;
  /** Tokens, special ones included. */
  readonly maxLength: number;
  /** Number of token ids: the largest and one. */
  readonly vocabularySize: number;
  /** Whether a token begins a word. */
  startsWord(token: number): boolean;
  /** The model's inputs for token rows that no text may stand behind, padded to the longest. */
  feeds(rows: readonly (readonly number[])[]): Feeds;
}

/** Data to learn from. Nothing that versions are weighed on is among it. */
export interface Learning {
  readonly train: LearningRows;
  /** For choosing the best epoch, thresholds and stopping; shares no example with `train`. */
  readonly validation: LearningRows;
  /** Classes of the model's scores. */
  readonly labels: readonly string[];
  /** Name of the model output with the scores [rows, classes]. */
  readonly output: string;
  readonly text: LearningText | null;
  /** Over all rows, labels and the tokenizer: part of every key. */
  readonly digest: string;
}
