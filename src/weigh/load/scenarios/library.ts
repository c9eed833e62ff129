import {
  SteelyardError,
  type Example,
  type Feeds,
  type Random,
  type Subject,
  type Task,
  type Trial,
} from '../../../contracts/index.ts';
import { bucketOf, callsByBucket } from '../windows.ts';
import { alikeOf, type Alike } from './caching.ts';
import type { Selection } from '../schedule/index.ts';

/** The calls that a load test chooses from: real inputs, encoded before the first request is sent. */
export interface Library {
  readonly size: number;
  /** Examples in each call. */
  readonly rows: number;
  /** Which examples of the trial a call holds, by their index. */
  readonly examples: readonly (readonly number[])[];
  /** The calls as a version reads them. */
  calls(subject: Pick<Subject, 'task'>): readonly Feeds[];
  /** What a version makes of a call's examples: one example per row of the model. */
  rowsOf(subject: Pick<Subject, 'task'>, call: number): readonly Example[];
  /** Tokens that a version reads of an input, on average over the library. */
  meanTokens(subject: Pick<Subject, 'task'>): number;
  /** Calls of the same length. */
  readonly alike: Alike;
  /** So many calls, the first ones, are for warming up; the others are new when the measurement begins. */
  readonly warming: number;
  /** Where lengths vary every input is asked equally often, so that the mix cannot make one run faster. */
  readonly selection: Selection;
}

interface Read {
  readonly calls: readonly Feeds[];
  readonly meanTokens: number;
}

/** At most `most` calls of `rows` examples each, in a seeded order; the same examples for every version. With `buckets`, examples share calls by
 *  their length, as they do where they wait for each other.
 *  Errors: `data/empty`; those of the task that reads them. */
export const libraryOf = (
  trial: Pick<Trial, 'task' | 'examples'>,
  rows: number,
  random: Random,
  most = 256,
  buckets: readonly number[] = [],
): Library => {
  const { examples, task: usual } = trial;
  if (examples.length === 0)
    throw new SteelyardError('data/empty', 'there is no example to send', 'give at least one row of data');
  const order = random.shuffle(examples.map((_, i) => i));
  const size = Math.max(1, Math.min(most, Math.floor(order.length / rows)));
  const asked = Array.from({ length: size * rows }, (_, at) => order[at % order.length]!);
  const lengthOf = (i: number): number => {
    const parts = usual.parts?.(examples[i]!) ?? [examples[i]!];
    return usual.encode(parts).tokens / parts.length;
  };
  const calls = callsByBucket(asked, rows, buckets.length === 0 ? () => 0 : (i) => bucketOf(buckets, lengthOf(i)));
  const chosen = buckets.length === 0 ? calls : random.shuffle(calls);
  const rowsOf = (task: Task, call: readonly number[]): readonly Example[] =>
    call.flatMap((i) => task.parts?.(examples[i]!) ?? [examples[i]!]);
  const known = new Map<Task, Read>();
  const read = ({ task = usual }: Pick<Subject, 'task'>): Read => {
    const before = known.get(task);
    if (before !== undefined) return before;
    const encoded = chosen.map((call) => task.encode(rowsOf(task, call)));
    const tokens = encoded.reduce((sum, one) => sum + one.tokens, 0) / (size * rows);
    const made = { calls: encoded.map(({ feeds }) => feeds), meanTokens: tokens };
    known.set(task, made);
    return made;
  };
  const lengths = chosen.map((call) =>
    rowsOf(usual, call)
      .map((row) => usual.bucket?.(row) ?? '')
      .join(' '),
  );
  const warming = Math.ceil(size / 2);
  return {
    size,
    rows,
    examples: chosen,
    calls: (subject) => read(subject).calls,
    rowsOf: ({ task = usual }, call) => rowsOf(task, chosen[call]!),
    meanTokens: (subject) => read(subject).meanTokens,
    alike: alikeOf(size, warming, (call) => lengths[call]!),
    warming,
    selection: new Set(lengths).size > 1 ? 'equal-issue' : 'with-replacement',
  };
};
