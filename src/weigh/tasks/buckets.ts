import type { Example, Task } from '../../contracts/index.ts';

/** Places of the examples that may share a call, by their bucket; buckets and places in the order of the data. */
export const bucketsOf = (task: Pick<Task, 'bucket'>, examples: readonly Example[]): Map<string, number[]> => {
  const buckets = new Map<string, number[]>();
  for (const [row, example] of examples.entries()) {
    const key = task.bucket?.(example) ?? '';
    const rows = buckets.get(key);
    if (rows === undefined) buckets.set(key, [row]);
    else rows.push(row);
  }
  return buckets;
};
