import { glueTasks } from './glue.ts';
import type { SuiteTask } from './types.ts';

const rows: Readonly<Record<string, number>> = { sst2: 148, qqp: 78, mnli: 121, 'mnli-mm': 162, qnli: 148, rte: 81 };

/** The development set of Adversarial GLUE: fields, labels and metrics of the GLUE tasks of the same name, in one JSON file of lists.
 *  Source: Wang et al. 2021, dev.json and evaluate.py. The data is under CC BY-SA 4.0. */
export const advglueTasks: readonly SuiteTask[] = Object.entries(rows).map(([name, count]) => {
  const task = glueTasks.find(({ id }) => id === `glue/${name}`)!;
  const [hub] = [`(adv[-_]?glue[-_]?)?adv[-_]${name.replace('-', '[-_]')}`];
  return {
    ...task,
    id: `advglue/${name}`,
    suite: 'advglue',
    title: `${task.title}, adversarial`,
    rows: count,
    tsv: [],
    places: [
      { folder: new RegExp(`^${hub}$`), file: /^(dev|val|validation)\b/ },
      { folder: /^/, file: new RegExp(`^${hub}\\.(jsonl|csv|parquet)$`) },
      { folder: /^/, file: /^dev\.json$/ },
    ],
    aliases: [...task.aliases, ...task.aliases.map((alias) => `adv${alias}`)],
    source: 'Wang et al. 2021, Adversarial GLUE',
  };
});
