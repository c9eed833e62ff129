import type { DataSource, Task } from '../../contracts/index.ts';
import { readExamples, type ReadResult } from '../../data/index.ts';
import { readSuite } from '../../weigh/suites/index.ts';

/** The examples of a source: a file with a column map, or a benchmark's own file, whose fields and label names the benchmark knows.
 *  Errors: `data/…`, `score/…`. */
export const readSource = (
  source: DataSource,
  folder: string,
  task: Pick<Task, 'id' | 'labels'>,
  options: { readonly seed: number; readonly labelled?: boolean },
): Promise<ReadResult> => {
  const { suite, path, limit } = source;
  if (suite === undefined) return readExamples(source, folder, { taskKind: task.id, ...options });
  return readSuite({ suite, path, ...(limit === undefined ? {} : { limit }) }, folder, {
    seed: options.seed,
    labels: task.labels,
  });
};
