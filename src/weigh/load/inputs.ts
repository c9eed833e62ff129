import { SteelyardError } from '../../contracts/index.ts';
import type { Feeds, Random, Subject, Task, Trial } from '../../contracts/index.ts';

/** Batches of inputs by version. */
export type Batches = (subject: Pick<Subject, 'task'>) => readonly Feeds[];

/** Batches of real inputs, encoded once and fed to every version alike: the trial's examples in a seeded order, `batchSize` at a time,
 *  starting over when they run out. At most `count` batches. A version with a tokenizer of its own reads the same texts with it.
 *  Errors: `data/empty` when there is nothing to feed. */
export const inputBatches = (
  trial: Pick<Trial, 'task' | 'examples'>,
  batchSize: number,
  count: number,
  random: Random,
): Batches => {
  const { examples } = trial;
  if (examples.length === 0)
    throw new SteelyardError(
      'data/empty',
      'there is no example to measure speed with',
      'give at least one row of data',
    );
  const order = random.shuffle(examples);
  const batches = Math.min(count, Math.max(1, Math.floor(order.length / batchSize)));
  const encoded = new Map<Task, readonly Feeds[]>();
  return ({ task = trial.task }) => {
    const known = encoded.get(task);
    if (known !== undefined) return known;
    const feeds = Array.from({ length: batches }, (_, batch) => {
      const rows = Array.from({ length: batchSize }, (_row, i) => order[(batch * batchSize + i) % order.length]!);
      return task.encode(rows).feeds;
    });
    encoded.set(task, feeds);
    return feeds;
  };
};
