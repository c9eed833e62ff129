import type { Example } from './task.ts';

/** What one example's tokens do to the loss. */
export interface TokenGradient {
  /** Token ids as the model read them, special ones included. */
  readonly tokens: readonly number[];
  /** ∂ cross-entropy at the example's label / ∂ word embedding. Shape [tokens, width]; units: nats per unit of the embedding. */
  readonly gradient: Float32Array;
}

/** The baseline's table of word embeddings, and how its loss changes with them. Holds processes: close it. */
export interface WordGradients {
  readonly width: number;
  /** Shape [vocabulary, width]. */
  readonly table: Float32Array;
  /** The word that a token is by itself, as one writes it; null: a part of a word, a special token, no letters. */
  word(token: number): string | null;
  /** Each vector times every embedding. Shapes: [n, width] → [n, vocabulary]; n is small, so that the answer fits into memory. */
  products(vectors: Float32Array): Promise<Float32Array>;
  /** One backward pass per batch; the examples must have labels. Answers in their order. Errors: `runtime/…`, `task/labels`. */
  gradients(examples: readonly Example[]): Promise<readonly TokenGradient[]>;
  close(): Promise<void>;
}
