import type { Learning } from './learning.ts';
import type { Model, Tensor } from './model.ts';
import type { Feeds, Session, SessionOptions } from './session.ts';
import type { Training, TrainingSession } from './training-session.ts';

/** A seeded stream of randomness. The same seed and label give the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal. */
  normal(): number;
  /** A new, shuffled array. */
  shuffle<T>(items: readonly T[]): T[];
}

export interface Progress {
  /** What is being done now, in the user's words: "measuring latency". */
  readonly label: string;
  readonly done: number;
  /** null when the end is not known. */
  readonly total: number | null;
  readonly detail?: string;
}

/** Which process a session gets. */
export interface ProcessUse {
  /** One that may have run other models before and may run others after, never two at once: it opens sooner. Enough where only answers
   *  count; whoever measures time or memory wants a fresh one. Default: false. */
  readonly shared?: boolean;
}

/** Bytes that wait on disk for a later step of the same work. */
export interface Aside {
  /** Answers the number by which the bytes are found again. Errors: `model/no-space`, `model/write`. */
  put(bytes: Uint8Array): Promise<number>;
  /** A copy that is the caller's own. */
  get(at: number): Promise<Uint8Array>;
  /** Frees the disk. */
  close(): Promise<void>;
}

/** The only door to the world for techniques, evaluators and training. */
export interface Context {
  /** Aborted on Ctrl-C or when the budget ends: check it in every loop that takes longer than a second. */
  readonly signal: AbortSignal;
  readonly seed: number;
  /** Cores that work may keep busy at a time; absent: as many as the system offers. */
  readonly cores?: number;
  /** Monotonic milliseconds. */
  now(): number;
  random(label: string): Random;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  progress(progress: Progress): void;
  /** The tensor's bytes, 8-byte aligned, safe to view as any typed array; at most this tensor is read. `take` may give the memory
   *  that a file is read into, so that the caller reads into the same memory again and again; without it, it is new.
   *  Errors: `model/data` when the file is gone, shorter than the reference says, or unreadable. */
  bytes(tensor: Tensor, take?: (length: number) => Uint8Array): Promise<Uint8Array>;
  /** The same tensor with its bytes moved out of memory: large ones go to a scratch file that lives as long as the context's
   *  work folder, small ones are answered as they are. What a technique makes goes through this before it joins a model, so that
   *  peak memory is a few tensors whatever the model. Errors: `model/no-space` when the disk is full. */
  keep(tensor: Tensor): Promise<Tensor>;
  /** Room on disk for bytes between two steps. Close it when done. */
  aside(): Aside;
  /** Load a model (or a model file by path) in its own process. Close it when done. A model in memory is a trial and shares its process with
   *  others, one after another; a file does so where `process` says it. */
  open(model: Model | string, options?: Partial<SessionOptions>, process?: ProcessUse): Promise<Session>;
  /** Load a model whose weights learn in its own process. Close it when done. */
  openTraining(model: Model, training: Training, options?: Partial<SessionOptions>): Promise<TrainingSession>;
  /** Real inputs for calibration and self-checks, batch by batch; null when the user gave none. */
  readonly calibration: (() => AsyncIterable<Feeds>) | null;
  /** Examples to train on; null when the user gave none. */
  readonly learning: Learning | null;
  /** The same rows as the original reads them, where an earlier technique rewrote the tokenizer; else the same as `learning`. */
  readonly originalLearning: Learning | null;
  /** The untouched model that the chain of techniques began with, for techniques that learn from it or keep it beside the new one;
   *  null where there is no chain. It reads the same inputs unless `companion` says that the tokenizer changed. */
  readonly original: Model | null;
  /** A file that lies beside the model, by its name ("tokenizer.json", "config.json"), as earlier techniques left it; null: none.
   *  Errors: `model/data` when it cannot be read. */
  companion(name: string): Promise<Uint8Array | null>;
  /** A folder for checkpoints of this piece of work: the same name finds the same folder after an interruption; null: nothing is kept.
   *  It is emptied by whoever finished. */
  checkpoints(name: string): string | null;
}
