import { SteelyardError, type Example, type Task } from '../../contracts/index.ts';
import { readExamples } from '../../data/index.ts';
import { checkLabels } from '../../weigh/tasks/index.ts';
import { loadLearning, type LearningData } from '../run/learning-data.ts';
import type { TrainPlan } from './train-config.ts';

/** Everything that a training reads. */
export interface TrainData extends LearningData {
  readonly tests: ReadonlyMap<string, readonly Example[]>;
}

/** Class names of the training data, in code unit order. Errors: `data/…`. */
export const labelsIn = async (plan: TrainPlan, folder: string): Promise<readonly string[]> => {
  const { examples } = await readExamples(plan.data.train, folder, { taskKind: plan.task.id, seed: plan.seed });
  return [...new Set(examples.flatMap(({ label }) => (label === null ? [] : [label])))].sort();
};

const labelled = (examples: readonly Example[]): Example[] => examples.filter(({ label }) => label !== null);

/** Read, split and check the data of a training: every label is known, and no row to test with is learned from.
 *  Errors: `data/…`, `task/labels`, `training/data` when a split has no labelled row. */
export const loadTraining = async (
  plan: TrainPlan,
  folder: string,
  task: Pick<Task, 'id' | 'labels'>,
): Promise<TrainData> => {
  const tests = new Map<string, readonly Example[]>();
  const warnings: string[] = [];
  for (const [name, source] of plan.data.tests) {
    const read = await readExamples(source, folder, { taskKind: task.id, seed: plan.seed });
    checkLabels(task.labels, read.examples, source.path);
    warnings.push(...read.warnings);
    tests.set(name, labelled(read.examples));
  }
  const { train, validation } = plan.data;
  const data = { train, ...(validation === null ? {} : { validation }) };
  const found = await loadLearning({ data, seed: plan.seed }, folder, task, [...tests.values()]);
  if (found === null) throw new Error('unreachable: a plan names training data');
  for (const [name, { examples }] of [['training', found.train] as const, ['validation', found.validation] as const])
    if (labelled(examples).length === 0)
      throw new SteelyardError(
        'training/data',
        `no row of the ${name} data has a label`,
        'map the column: data.columns.label',
      );
  return { ...found, warnings: [...warnings, ...found.warnings], tests };
};

/** Only the rows with an answer. */
export const answered = labelled;
