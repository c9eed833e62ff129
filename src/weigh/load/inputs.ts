import { SteelyardError } from '../../contracts/index.ts';
import type { Feeds, Random, Subject, Task, Trial } from '../../contracts/index.ts';

/** Batches of inputs by version. */
export type Batches = (subject: Pick<Subject, 'task'>, batchSize?: number) => readonly Feeds[];

/** Batches of real inputs, encoded once and fed to every version alike: the trial's examples in a seeded order, `batchSize` at a time,
 *  starting over when they run out. At most `count` batches. A version with a tokenizer of its own reads the same texts with it; one with batches
 *  of its own size goes through the same texts in the same order. `largest`: the largest batch that will be asked for; smaller ones get as many
 *  more batches, so that all versions see the same texts in the long run.
 *  Errors: `data/empty` when there is nothing to feed. */
export const inputBatches = (
  trial: Pick<Trial, 'task' | 'examples'>,
  batchSize: number,
  count: number,
  random: Random,
  largest = batchSize,
): Batches => {
  const { examples } = trial;
  if (examples.length === 0)
    throw new SteelyardError(
      'data/empty',
      'there is no example to measure speed with',
      'give at least one row of data',
    );
  const order = random.shuffle(examples);
  const texts = Math.min(count * largest, order.length);
  const encoded = new Map<Task, Map<number, readonly Feeds[]>>();
  return ({ task = trial.task }, size = batchSize) => {
    const ofTask = encoded.get(task) ?? new Map<number, readonly Feeds[]>();
    const known = ofTask.get(size);
    if (known !== undefined) return known;
    const feeds = Array.from({ length: Math.max(1, Math.floor(texts / size)) }, (_, batch) => {
      const rows = Array.from({ length: size }, (_row, i) => order[(batch * size + i) % order.length]!);
      return task.encode(rows).feeds;
    });
    encoded.set(task, ofTask.set(size, feeds));
    return feeds;
  };
};
