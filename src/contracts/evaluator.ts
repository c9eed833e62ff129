import type { Context, ProcessUse } from './context.ts';
import type { LoadClient, Traffic } from './load.ts';
import type { WordGradients } from './gradients.ts';
import type { MetricSpec, Measurement } from './measurement.ts';
import type { Options, OptionsSpec } from './options.ts';
import type { Feeds, Session, SessionOptions } from './session.ts';
import type { AnswerKind, Example, Predictions, Task } from './task.ts';
import type { Refusal } from './technique.ts';

/** One version of the model under evaluation: the baseline or a candidate. */
export interface Subject {
  /** Readable and unique within a run: "baseline", "quantize/dynamic". */
  readonly id: string;
  /** sha256 over the model's bytes. */
  readonly digest: string;
  readonly sessionOptions: SessionOptions;
  /** How this version reads examples, where its tokenizer differs from the original's; absent: as the trial's task says. */
  readonly task?: Task;
  /** The files that make up this version on disk: model and external data, not tokenizer and config. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** A fresh process with this version loaded, or a shared one where only answers count. The caller closes it. */
  open(process?: ProcessUse): Promise<Session>;
  /** A client in a process of its own with these calls to send, and a fresh process with this version loaded. The caller closes it.
   *  Absent: this version cannot be driven from another process. */
  connect?(calls: readonly Feeds[]): Promise<LoadClient>;
  /** Bytes of the weights by data type; absent: not known. */
  weights?(): Promise<Readonly<Record<string, number>>>;
}

/** Requests that share a call of this version where requests may wait for each other: its own number, else the given one. */
export const requestsPerCall = ({ sessionOptions }: Pick<Subject, 'sessionOptions'>, usual: number): number =>
  sessionOptions.batchSize ?? usual;

export interface Price {
  readonly perHour: number;
  readonly currency: string;
  /** Cores that this price buys. */
  readonly cores: number;
  /** What else it costs, by name: per month for whatever is deployed (monitoring, audits, human review, storage), once for a version that
   *  replaces the original (making it, checking it). */
  readonly other?: readonly PriceLine[];
}

/** In the price's currency. */
export interface PriceLine {
  readonly name: string;
  readonly perMonth?: number;
  readonly once?: number;
}

/** What is put on the balance: one baseline, any number of candidates, the same examples for all. */
export interface Trial {
  readonly task: Task;
  readonly baseline: Subject;
  readonly candidates: readonly Subject[];
  readonly examples: readonly Example[];
  /** Names of the group columns to report slices for. */
  readonly groups: readonly string[];
  readonly confidence: number;
  readonly price: Price | null;
  /** What production expects; absent: the scenario does not say. */
  readonly traffic?: Traffic;
  /** Requests per inference call in production. */
  readonly batchSize: number;
  /** The subject's answers on `examples`, computed once and remembered. */
  predictions(subject: Subject): Promise<Predictions>;
  /** The subject's answers on other examples (changed ones, another set), computed once and remembered. `name` is for progress lines. */
  ask(subject: Subject, examples: readonly Example[], name: string): Promise<Predictions>;
  /** Examples that tell what is usual (training and calibration rows); nothing is judged on them. Empty: none given. */
  readonly reference: readonly Example[];
  /** Which they are, in words: "6,000 training rows and 128 calibration rows". */
  readonly referenceFrom?: string;
  /** Examples that belong to no class: a version should be unsure of them. Empty: none given. */
  readonly outOfScope: readonly Example[];
  /** The baseline's gradients by its word embeddings, or why it has none; absent: nobody made them. The caller closes what it gets. */
  readonly gradients?: () => Promise<WordGradients | Refusal>;
}

export interface Evaluator<S extends OptionsSpec = OptionsSpec> {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly source: string;
  readonly metrics: readonly MetricSpec[];
  readonly options: S;
  readonly needs: {
    readonly dataset: 'none' | 'inputs' | 'labelled';
    /** True: nothing else may run on the machine meanwhile. */
    readonly alone: boolean;
    /** True: it cannot say anything without the scenario's price. */
    readonly price?: boolean;
    /** True: what it says depends on the rate, the limit or the amount of requests that the scenario expects. */
    readonly traffic?: boolean;
    /** Only for tasks with answers of this kind; classes are one of the task's labels, with a score for each. Absent: any. */
    readonly answers?: AnswerKind | readonly AnswerKind[];
    /** True: it cannot say anything without examples that belong to no class. */
    readonly outOfScope?: boolean;
    /** Options that name files, relative to the scenario: `evaluate` gets absolute paths, and the files' contents are part of the key. */
    readonly files?: readonly string[];
  };
  /** When it runs: always (the default), or only where a scenario names one of its metrics or, under `weigh`, itself. */
  readonly when?: 'always' | 'asked';
  /** True: it takes minutes a version. The walk that takes layers back does without it; the final measurement does not. */
  readonly costly?: boolean;
  /** Measurements per subject id, the baseline's own included. A subject that could not be measured maps to an error outcome.
   *  Errors: throws on cancellation and on faults of the trial as a whole. */
  evaluate(trial: Trial, options: Options<S>, context: Context): Promise<ReadonlyMap<string, SubjectOutcome>>;
}

/** An example that was changed until the answer broke, for people to read. */
export interface Exhibit {
  /** What changed it: "deepwordbug". */
  readonly how: string;
  /** The example's id. */
  readonly example: string;
  readonly original: string;
  readonly changed: string;
  /** The right answer, which was given before, and the answer now. */
  readonly label: string;
  readonly answer: string;
}

export type SubjectOutcome =
  | {
      readonly kind: 'measured';
      readonly measurements: readonly Measurement[];
      readonly exhibits?: readonly Exhibit[];
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Declare an evaluator; infers the option types. */
export const defineEvaluator = <const S extends OptionsSpec>(evaluator: Evaluator<S>): Evaluator<S> => evaluator;
