import {
  SteelyardError,
  defaultSessionOptions,
  parseOptions,
  type Evaluator,
  type Scenario,
} from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import type { Found } from '../run/baseline.ts';
import { makeTask } from '../run/task.ts';
import type { RunData } from '../run/data.ts';
import type { Known } from './known.ts';

const same = (a: unknown, b: unknown): boolean => digestOf(a) === digestOf(b);

/** Splits that must be the same wherever both name them: versions were built from them or judged on them. */
const strict = ['evaluation', 'holdback', 'calibration', 'train', 'validation'] as const;

const titles: Readonly<Record<string, string>> = {
  evaluation: 'the evaluation data',
  holdback: 'the held-back data',
  calibration: 'the calibration data',
  train: 'the training data',
  validation: 'the validation data',
};

/** Whether another scenario is about what a run has weighed: the same model, the same data, the same task. Returns what is merely worth
 *  knowing, in sentences. Errors: `what-if/other-model`, `what-if/other-data`, `what-if/other-task`, each saying what differs. */
export const checkAgreement = async (
  { run, scenario: before }: Known,
  after: Scenario,
  file: string,
  found: Found,
  data: RunData,
): Promise<readonly string[]> => {
  const elsewhere = `steelyard tune ${file} weighs it in a run of its own`;
  if (found.digest !== run.model.digest)
    throw new SteelyardError(
      'what-if/other-model',
      `${file} is about another model: ${after.model} is ${found.digest}, the run weighed versions of ${run.model.source}, ${run.model.digest}`,
      elsewhere,
    );
  const notes: string[] = [];
  for (const name of strict) {
    const [was, is] = [run.data[name], data.described[name]];
    if (was === undefined || is === undefined) {
      if (was !== undefined || is !== undefined)
        notes.push(
          `only ${was === undefined ? file : 'the run'} has ${titles[name]!}: the versions are those that the run built`,
        );
      continue;
    }
    if (was.digest !== is.digest)
      throw new SteelyardError(
        'what-if/other-data',
        `${titles[name]!} differs: ${is.path} (${is.rows} rows, ${is.digest}) in ${file}, ${was.path} (${was.rows} rows, ${was.digest}) in the run`,
        elsewhere,
      );
  }
  const [old, task] = [await makeTask(before, found), await makeTask(after, found)];
  if (old.fingerprint !== task.fingerprint)
    throw new SteelyardError(
      'what-if/other-task',
      `${file} reads the model's answers in another way: its task is ${JSON.stringify(after.task)}, the run's ${JSON.stringify(before.task)}`,
      elsewhere,
    );
  return notes;
};

/** Options that say how long to look, not at what. */
const effort =
  /^(min|max)?(Rounds|Seconds|Calls|Starts|Laps|Processes|Replicates|Samples|Runs|Queries)$|^(laps|starts|processes|calls|replicates|repeats|warmup)$/i;

/** Why the numbers of an evaluator in a run do not hold for another scenario; null: they do. */
export const strangeness = (
  evaluator: Evaluator,
  before: Scenario,
  after: Scenario,
  outOfScope: { readonly before: string | null; readonly after: string | null },
): string | null => {
  const { needs } = evaluator;
  const runs = needs.alone || needs.dataset !== 'none';
  const session = (scenario: Scenario) => ({ ...defaultSessionOptions, ...scenario.session });
  if (runs && !same(session(before), session(after))) return 'it was measured with other session settings';
  const [old, now] = [before.traffic, after.traffic];
  if (runs && old.batchSize !== now.batchSize) return `it was measured with ${old.batchSize} requests a call`;
  if (needs.traffic === true && !same(old, now)) return 'it was measured for other traffic';
  if (needs.price === true && !same(before.price, after.price)) return 'it was computed from another price';
  if (needs.outOfScope === true && outOfScope.before !== outOfScope.after)
    return 'it was measured on other out-of-scope examples';
  const options = (scenario: Scenario) =>
    Object.entries(parseOptions(evaluator.id, evaluator.options, scenario.weigh[evaluator.id] ?? {})).filter(
      ([key]) => !effort.test(key),
    );
  return same(options(before), options(after)) ? null : `it was measured with other options of ${evaluator.id}`;
};
