import type { Example, Feeds, Task } from '../../contracts/index.ts';
import { bucketsOf } from '../../weigh/tasks/index.ts';

/** How calibration examples become batches; a new number builds anew. */
export const calibrationVersion = 2;

/** Rows of a calibration batch: at least so many, with padding where lengths of text differ, and of one length as many as hold so many tokens. */
const fewestRows = 8;
const mostRows = 32;
const mostTokens = 1024;

/** A bucket's name without its last number: texts whose names differ only there differ in length, and can be padded. */
const kindOf = (bucket: string): string => bucket.replace(/\d+$/, '');

const tokensOf = (bucket: string): number => (bucket.match(/\d+/g) ?? []).reduce((all, one) => all * Number(one), 1);

/** Calibration examples in batches. Texts of one length go together: what is not padded is not seen either, and a batch costs more than a row.
 *  What cannot be padded (pictures of other sizes, another number of choices) never shares a batch. */
export const calibrationBatches = (task: Pick<Task, 'bucket' | 'text'>, examples: readonly Example[]): Example[][] => {
  const ordered = examples.toSorted((a, b) => (a.text?.length ?? 0) - (b.text?.length ?? 0));
  const padded = task.text !== undefined;
  const batches: Example[][] = [];
  /** The batch of each kind that is being filled. */
  const open = new Map<string, Example[]>();
  for (const [bucket, rows] of bucketsOf(task, ordered)) {
    const kind = padded ? kindOf(bucket) : bucket;
    const most =
      padded && kind !== bucket
        ? Math.max(fewestRows, Math.min(mostRows, Math.floor(mostTokens / tokensOf(bucket))))
        : fewestRows;
    let last = open.get(kind) ?? [];
    for (const [at, row] of rows.entries()) {
      // Among other lengths a batch is filled no further than it must.
      const room = last.length > at ? fewestRows : most;
      if (last.length === 0 || last.length >= room) batches.push((last = []));
      last.push(ordered[row]!);
    }
    open.set(kind, last);
  }
  return batches;
};

/** Calibration inputs, batch by batch. */
export async function* calibrationFeeds(task: Task, examples: readonly Example[]): AsyncIterable<Feeds> {
  for (const batch of calibrationBatches(task, examples)) yield task.encode(batch).feeds;
}
