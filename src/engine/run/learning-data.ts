import type { Example, Scenario, Task } from '../../contracts/index.ts';
import { contentKey, digestExamples, splitHoldback } from '../../data/index.ts';
import { seeded } from '../../statistics/index.ts';
import { checkLabels } from '../../weigh/tasks/index.ts';
import type { Split } from '../measure/predictions.ts';
import { readSource } from './read-source.ts';

/** Data to learn from, and what training stops by. */
export interface LearningData {
  readonly train: Split;
  readonly validation: Split;
  readonly warnings: readonly string[];
}

/** Of the training data, where no validation data is given. */
const validationShare = 0.1;
/** Rows of the training data that calibrate where no calibration data is given. */
const calibrationRows = 256;

const splitOf = (name: string, examples: readonly Example[]): Split => ({
  name,
  digest: digestExamples(examples),
  examples,
});

/** The rows whose content is in none of the others, and how many those are that are left out. */
const apart = (examples: readonly Example[], others: readonly (readonly Example[])[]): readonly Example[] => {
  const taken = new Set(others.flat().map(contentKey));
  return examples.filter((example) => !taken.has(contentKey(example)));
};

/** Read the training data of a scenario, labelled or not. Rows that versions are weighed on are left out with a warning: a version that
 *  learned an example is not tested by it. null where the scenario names none. Errors: `data/…`, `task/labels`. */
export const loadLearning = async (
  { data, seed }: { readonly data: Pick<Scenario['data'], 'train' | 'validation'>; readonly seed: number },
  folder: string,
  task: Pick<Task, 'id' | 'labels'>,
  weighedOn: readonly (readonly Example[])[],
): Promise<LearningData | null> => {
  if (data.train === undefined) return null;
  const warnings: string[] = [];
  const load = async (
    source: NonNullable<Scenario['data']['train']>,
    name: string,
    others: readonly (readonly Example[])[],
  ): Promise<readonly Example[]> => {
    const read = await readSource(source, folder, task, { seed, labelled: false });
    checkLabels(task.labels, read.examples, source.path);
    warnings.push(...read.warnings);
    const kept = apart(read.examples, others);
    const left = read.examples.length - kept.length;
    if (left > 0)
      warnings.push(`${left} rows of the ${name} data are left out: they are also in data that comes after it`);
    return kept;
  };
  const stated = data.validation === undefined ? null : await load(data.validation, 'validation', weighedOn);
  const rows = await load(data.train, 'training', stated === null ? weighedOn : [...weighedOn, stated]);
  if (stated !== null) return { train: splitOf('train', rows), validation: splitOf('validation', stated), warnings };
  const { evaluation: train, holdback: validation } = splitHoldback(rows, validationShare, seed);
  return { train: splitOf('train', train), validation: splitOf('validation', validation), warnings };
};

/** What tells which words are usual: all of the training data and of the calibration data, each example once, with words for it. */
export const usualTexts = (
  learning: LearningData | null,
  calibration: readonly Example[],
): { readonly reference: readonly Example[]; readonly referenceFrom?: string } => {
  const learned = learning === null ? [] : [...learning.train.examples, ...learning.validation.examples];
  const further = learned.length === 0 ? calibration : apart(calibration, [learned]);
  const parts = [
    ...(learned.length === 0 ? [] : [`${learned.length.toLocaleString('en-US')} training rows`]),
    ...(further.length === 0 ? [] : [`${further.length.toLocaleString('en-US')} calibration rows`]),
  ];
  return { reference: [...learned, ...further], ...(parts.length === 0 ? {} : { referenceFrom: parts.join(' and ') }) };
};

/** Rows of the training data to calibrate with. */
export const calibrationFrom = ({ train }: LearningData, seed: number): Split =>
  splitOf('calibration', seeded(seed, 'calibration rows').shuffle(train.examples).slice(0, calibrationRows));
