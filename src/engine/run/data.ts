import type { Digest, Example, Feeds, RunRecord, Scenario, Task } from '../../contracts/index.ts';
import { digestExamples, readExamples, refuseOverlap, splitHoldback } from '../../data/index.ts';
import { digestOf } from '../../records/index.ts';
import { checkExamples } from '../../weigh/tasks/index.ts';
import { seeded } from '../../statistics/index.ts';
import { calibrationFrom, loadLearning, usualTexts } from './learning-data.ts';
import type { Split } from '../measure/predictions.ts';
import { readSource } from './read-source.ts';

/** The data of a run, split so that selection never sees what confirms it. */
export interface RunData {
  readonly calibration: Split | null;
  /** To learn from; null without training data. */
  readonly train: Split | null;
  readonly validation: Split | null;
  readonly evaluation: Split;
  readonly holdback: Split;
  /** What evaluators may look at beside the split that they judge. */
  readonly beside: {
    readonly reference: readonly Example[];
    readonly referenceFrom?: string;
    readonly outOfScope: readonly Example[];
  };
  readonly groups: readonly string[];
  readonly warnings: readonly string[];
  /** For the run record. */
  readonly described: RunRecord['data'];
  /** Over all splits. */
  readonly digest: Digest;
}

/** Documents stand in every split beside the queries that search them. Errors: `data/…`. */
const readCorpus = async ({ data: { corpus }, seed }: Scenario, folder: string): Promise<readonly Example[]> => {
  if (corpus === undefined) return [];
  const source = { ...corpus, columns: { id: 'id', ...corpus.columns } };
  const { examples } = await readExamples(source, folder, { taskKind: 'retrieval', seed, labelled: false });
  return examples.map((example) => ({ ...example, document: true }));
};

/** Read and split the scenario's data. Errors: `data/…`, `data/overlap` when one split holds an example of another. */
export const loadData = async (scenario: Scenario, folder: string, task: Task): Promise<RunData> => {
  const { data, seed } = scenario;
  const calibration =
    data.calibration === undefined ? null : await readSource(data.calibration, folder, task, { seed, labelled: false });
  const read = await readSource(data.evaluation, folder, task, { seed });
  const warnings = [...(calibration?.warnings ?? []), ...read.warnings];
  let evaluation: readonly Example[] = read.examples;
  let holdback: readonly Example[];
  let holdbackPath = data.evaluation.path;
  if ('share' in data.holdback) {
    const parts = splitHoldback(read.examples, data.holdback.share, seed);
    evaluation = parts.evaluation;
    holdback = parts.holdback;
  } else {
    const held = await readSource(data.holdback, folder, task, { seed });
    warnings.push(...held.warnings);
    holdback = held.examples;
    holdbackPath = data.holdback.path;
    refuseOverlap({ name: 'evaluation', examples: evaluation }, { name: 'holdback', examples: holdback });
  }
  if (calibration !== null) {
    refuseOverlap(
      { name: 'calibration', examples: calibration.examples },
      { name: 'evaluation', examples: evaluation },
    );
    refuseOverlap({ name: 'calibration', examples: calibration.examples }, { name: 'holdback', examples: holdback });
  }
  const outside =
    data.outOfScope === undefined ? null : await readSource(data.outOfScope, folder, task, { seed, labelled: false });
  if (outside !== null) {
    // That they all have the same label is what they are.
    warnings.push(...outside.warnings.filter((warning) => !warning.includes('quality on one class')));
    const strangers = { name: 'out-of-scope', examples: outside.examples };
    refuseOverlap(strangers, { name: 'evaluation', examples: evaluation });
    refuseOverlap(strangers, { name: 'holdback', examples: holdback });
  }
  const corpus = await readCorpus(scenario, folder);
  evaluation = [...evaluation, ...corpus];
  holdback = [...holdback, ...corpus];
  checkExamples(task, evaluation, data.evaluation.path);
  checkExamples(task, holdback, holdbackPath);
  const split = (name: string, examples: readonly Example[]): Split => ({
    name,
    digest: digestExamples(examples),
    examples,
  });
  const learning = await loadLearning(scenario, folder, task, [evaluation, holdback]);
  warnings.push(...(learning?.warnings ?? []));
  const calibrating =
    calibration !== null
      ? split('calibration', calibration.examples)
      : learning === null
        ? null
        : calibrationFrom(learning, seed);
  const splits = {
    ...(calibrating === null ? {} : { calibration: calibrating }),
    ...(learning === null ? {} : { train: learning.train, validation: learning.validation }),
    evaluation: split('evaluation', evaluation),
    holdback: split('holdback', holdback),
    ...(outside === null ? {} : { outOfScope: split('out-of-scope', outside.examples) }),
  };
  const paths: Record<string, string> = {
    calibration: data.calibration?.path ?? data.train?.path ?? '',
    train: data.train?.path ?? '',
    validation: data.validation?.path ?? data.train?.path ?? '',
    evaluation: data.evaluation.path,
    holdback: holdbackPath,
    outOfScope: data.outOfScope?.path ?? '',
  };
  return {
    calibration: splits.calibration ?? null,
    train: splits.train ?? null,
    validation: splits.validation ?? null,
    evaluation: splits.evaluation,
    holdback: splits.holdback,
    beside: { ...usualTexts(learning, calibration?.examples ?? []), outOfScope: outside?.examples ?? [] },
    groups: data.evaluation.columns.groups,
    warnings,
    described: Object.fromEntries(
      Object.entries(splits).map(([name, { digest, examples }]) => [
        name,
        { path: paths[name]!, digest, rows: examples.length },
      ]),
    ),
    digest: digestOf(Object.values(splits).map(({ name, digest }) => ({ name, digest }))),
  };
};

/** A few real inputs, single and batched, to compare a version with the original on. */
export const sampleFeeds = (task: Task, examples: readonly Example[], seed: number): Feeds[] => {
  const chosen = seeded(seed, 'verify').shuffle(examples).slice(0, 24);
  const single = chosen.slice(0, 8).map((example) => task.encode([example]).feeds);
  const batches = [chosen.slice(8, 16), chosen.slice(16, 24)].filter((batch) => batch.length > 0);
  return [...single, ...batches.map((batch) => task.encode(batch).feeds)];
};
