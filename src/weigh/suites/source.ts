import { isAbsolute, resolve } from 'node:path';
import { SteelyardError, type Example } from '../../contracts/index.ts';
import { contentKey, lot } from '../../data/canonical.ts';
import { digestExamples, type ReadResult } from '../../data/index.ts';
import { suiteExamples } from './examples.ts';
import { readGold } from './gold.ts';
import { findTasks } from './tasks.ts';
import type { SuiteText } from './types.ts';

/** A benchmark's file as the data of a scenario. */
export interface SuiteSource {
  /** "glue/sst2" */
  readonly suite: string;
  readonly path: string;
  /** At most this many rows, taken by seed; rows that belong together stay together. */
  readonly limit?: number;
  /** In place of the task's own templates. */
  readonly text?: SuiteText;
}

/** The model's own spelling of a label where only upper and lower case differ: models say POSITIVE, the data says positive. */
const respell = (label: string | null, labels: readonly string[] | undefined): string | null => {
  if (label === null || labels === undefined || labels.includes(label)) return label;
  const same = labels.filter((one) => one.toLowerCase() === label.toLowerCase());
  return same.length === 1 ? same[0]! : label;
};

const limited = (examples: readonly Example[], group: string | undefined, limit: number, seed: number) => {
  const keyOf = (example: Example): string =>
    group === undefined ? contentKey(example) : `${group} ${example.groups[group]!}`;
  const ordered = [...new Set(examples.map(keyOf))].toSorted((a, b) => lot(seed, 'limit', a) - lot(seed, 'limit', b));
  const sizes = new Map<string, number>();
  for (const example of examples) sizes.set(keyOf(example), (sizes.get(keyOf(example)) ?? 0) + 1);
  const taken = new Set<string>();
  let rows = 0;
  for (const key of ordered) {
    if (rows + sizes.get(key)! > limit) continue;
    rows += sizes.get(key)!;
    taken.add(key);
  }
  return examples.filter((example) => taken.has(keyOf(example)));
};

/** Read a benchmark's file as labelled examples of texts or pairs. `labels` are the model's, for their spelling.
 *  Errors: `score/task`, those of `readGold` and `suiteExamples`. */
export const readSuite = async (
  source: SuiteSource,
  baseFolder: string,
  options: { readonly seed?: number; readonly labels?: readonly string[] } = {},
): Promise<ReadResult> => {
  const [task, more] = findTasks(source.suite);
  if (more !== undefined)
    throw new SteelyardError(
      'score/task',
      `"${source.suite}" is a whole benchmark, expected one task such as ${task!.id}`,
    );
  const path = isAbsolute(source.path) ? source.path : resolve(baseFolder, source.path);
  const gold = await readGold(task!, path);
  const all = suiteExamples(task!, gold.rows, source.text).map((example) => ({
    ...example,
    label: respell(example.label, options.labels),
  }));
  const examples =
    source.limit === undefined || all.length <= source.limit
      ? all
      : limited(all, task!.cluster, source.limit, options.seed ?? 0);
  const caution = task!.caution === undefined ? [] : [task!.caution];
  return {
    examples,
    digest: digestExamples(examples),
    rows: gold.rows.length,
    path,
    warnings: [...gold.notes, ...caution].map((note) => `${task!.id}: ${note}`),
  };
};
