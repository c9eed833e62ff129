import { SteelyardError } from '../../contracts/index.ts';
import type { Feeds, LearningRows, Random, Value } from '../../contracts/index.ts';
import { bucketed } from './batches.ts';

/** What one run of the objective is fed with. */
export interface Lesson {
  readonly feeds: Feeds;
  /** Rows in it: what the mean loss of an epoch is weighted by. */
  readonly examples: number;
  /** Without padding. */
  readonly tokens: number;
}

/** Name of the objective's input with the right classes: int64 [batch]. */
export const labelsInput = 'labels';

/** The right classes of some rows. Errors: `training/data` when a row has none. */
export const labelsOf = (rows: LearningRows, picked: readonly number[]): Value => ({
  dtype: 'int64',
  dims: [picked.length],
  data: BigInt64Array.from(picked, (row) => {
    const label = rows.label(row);
    if (label !== null) return BigInt(label);
    throw new SteelyardError(
      'training/data',
      `training example ${row + 1} has no label`,
      'give labels, or learn from the answers of a model (distillation)',
    );
  }),
});

/** The lessons of one epoch over labelled rows: batches of like length, in an order that follows from `random`. `more` adds feeds
 *  of its own to each batch (masks of dropout, a teacher's answers); what it draws is drawn in the order of the lessons. */
export async function* lessonsOf(
  rows: LearningRows,
  batchSize: number,
  random: Random,
  more: (picked: readonly number[], random: Random) => Feeds | Promise<Feeds> = () => ({}),
): AsyncGenerator<Lesson> {
  for (const picked of bucketed(rows.count, (row) => rows.length(row), batchSize, random))
    yield {
      feeds: { ...rows.feeds(picked), [labelsInput]: labelsOf(rows, picked), ...(await more(picked, random)) },
      examples: picked.length,
      tokens: picked.reduce((sum, row) => sum + rows.length(row), 0),
    };
}

/** Several lessons at a time; the last group may be smaller. */
export async function* groupsOf<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
