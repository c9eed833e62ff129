import type {
  Chain,
  Context,
  Crew,
  Machine,
  Scenario,
  SessionOptions,
  Store,
  Subject,
  Task,
} from '../../contracts/index.ts';
import type { Found } from './baseline.ts';
import type { RunData } from './data.ts';
import type { EncodingOf } from './encoding.ts';
import type { Asked } from '../measure/measure.ts';
import type { Built } from './subject.ts';

/** Everything a run holds in its hands. */
export interface Run {
  readonly scenario: Scenario;
  readonly scenarioFolder: string;
  readonly folder: string;
  readonly store: Store;
  /** Who works ahead of the run. */
  readonly crew: Crew;
  readonly context: Context;
  readonly found: Found;
  readonly task: Task;
  readonly data: RunData;
  /** Reads the data anew for versions with a tokenizer of their own. */
  readonly encode: EncodingOf;
  readonly evaluators: readonly Asked[];
  readonly session: SessionOptions;
  readonly machine: Machine;
}

/** A version on the balance, with where it came from. */
export interface Weighed {
  readonly subject: Subject;
  readonly chain: Chain;
  readonly built: Built;
}
