import type { Measurement, MetricSpec, StoreRecord } from '../../contracts/index.ts';
import { SteelyardError } from '../../contracts/index.ts';
import { baselineId, versionsOf, viewOf, type Version, type View } from '../view.ts';

interface Shared {
  /** Its name there. */
  readonly name: string;
  readonly aggregation: string;
  readonly higherIsBetter: boolean;
  /** From the record; null: that harness gives none for this metric. */
  readonly standardError: (one: Measurement, normalQuantile: (p: number) => number) => number | null;
}

/** Spread of the bootstrap, read off its interval: (high − low) ÷ 2z. */
const byInterval: Shared['standardError'] = ({ low, high, confidence }, normalQuantile) =>
  (high - low) / (2 * normalQuantile((1 + confidence) / 2));

/** Ours → what lm-evaluation-harness calls the same number. Source: lm_eval/api/metrics.py. */
const shared: Readonly<Record<string, Shared>> = {
  accuracy: {
    name: 'acc',
    aggregation: 'mean',
    higherIsBetter: true,
    // s ÷ √n of zeros and ones, s with n − 1: √(p (1 − p) ÷ (n − 1)).
    standardError: ({ value, samples }) => (samples < 2 ? null : Math.sqrt((value * (1 - value)) / (samples - 1))),
  },
  matthews: {
    name: 'mcc',
    aggregation: 'matthews_corrcoef',
    higherIsBetter: true,
    standardError: byInterval,
  },
  brier: { name: 'brier_score', aggregation: 'brier_score', higherIsBetter: false, standardError: () => null },
};

/** Quality metrics with a namesake there that is another number. */
const different: Readonly<Record<string, string>> = {
  'f1-macro':
    'f1 there is that of the positive class of two (scikit-learn, average="binary"); this is the mean over all classes',
  'f1-weighted': 'f1 there is that of the positive class of two; this is weighted by how often each class occurs',
  'exact-match':
    'exact_match there compares texts as they are unless a task says otherwise; this ignores case, punctuation and articles',
  'answer-f1': 'f1 of SQuAD tasks there runs from 0 to 100 and comes from another normalization; this runs from 0 to 1',
};

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '') || 'task';

interface TaskResult {
  readonly name: string;
  readonly split: string;
  readonly entries: readonly { readonly one: Measurement; readonly as: Shared }[];
}

/** One task a split: all versions answered the same examples of it. */
const tasksOf = (view: View, version: Version): TaskResult[] =>
  ['evaluation', 'holdback'].flatMap((split) => {
    const entries = (version.measured.get(split) ?? []).flatMap((one) =>
      one.slice === undefined && Object.hasOwn(shared, one.metric) ? [{ one, as: shared[one.metric]! }] : [],
    );
    const name = `${slug(view.scenarioName)}${split === 'evaluation' ? '' : `_${split}`}`;
    return entries.length === 0 ? [] : [{ name, split, entries }];
  });

/** The same for every task, by its name. */
const each = <T>(tasks: readonly TaskResult[], of: (task: TaskResult) => T): Record<string, T> =>
  Object.fromEntries(tasks.map((task) => [task.name, of(task)]));

const scoresOf = (
  { entries }: TaskResult,
  alias: string,
  normalQuantile: (p: number) => number,
): Record<string, unknown> => ({
  alias,
  ...Object.fromEntries(
    entries.flatMap(({ one, as }) => [
      [`${as.name},none`, one.value],
      [`${as.name}_stderr,none`, as.standardError(one, normalQuantile) ?? 'N/A'],
    ]),
  ),
});

const configOf = (view: View, { name, split, entries }: TaskResult): Record<string, unknown> => ({
  task: name,
  dataset_path: view.run.data[split]?.path ?? null,
  test_split: split,
  output_type: 'multiple_choice',
  num_fewshot: 0,
  metric_list: entries.map(({ as }) => ({
    metric: as.name,
    aggregation: as.aggregation,
    higher_is_better: as.higherIsBetter,
  })),
  metadata: { version: 1 },
});

/** Keys of our own; readers of that format pass over them. */
const remarksOf = (view: View, version: Version, tasks: readonly TaskResult[]): Record<string, unknown> => {
  const { run } = view;
  const outcome = version.build?.outcome;
  const measured = tasks.flatMap(({ split }) => version.measured.get(split) ?? []);
  return {
    version: run.machine.steelyard,
    run: run.key,
    model_digest:
      version.id === baselineId
        ? run.model.digest
        : outcome?.kind === 'built'
          ? (outcome.files[0]?.digest ?? null)
          : null,
    data_digests: each(tasks, ({ split }) => run.data[split]?.digest ?? null),
    notes: [
      'Not made by lm-evaluation-harness: the same metrics under the same definitions, in its form. Answers are the model’s own classes, not likelihoods of texts.',
      ...(measured.some(({ metric }) => shared[metric]?.standardError === byInterval)
        ? [
            'mcc_stderr: (high − low) ÷ 2z of the bootstrap interval in the record; the harness gives the standard deviation of the draws.',
          ]
        : []),
      'Standard errors of two versions must not be combined: both answered the same examples. The paired comparison is in the other reports.',
    ],
    left_out: Object.fromEntries(
      measured.flatMap(({ metric, slice }) =>
        slice === undefined && Object.hasOwn(different, metric) ? [[metric, different[metric]!]] : [],
      ),
    ),
  };
};

const resultsOf = (view: View, version: Version, normalQuantile: (p: number) => number): unknown => {
  const tasks = tasksOf(view, version);
  if (tasks.length === 0) return null;
  const { run } = view;
  const scenario = (run.scenario ?? {}) as {
    readonly seed?: unknown;
    readonly traffic?: { readonly batchSize?: unknown };
  };
  const isBaseline = version.id === baselineId;
  const name = isBaseline ? run.model.source : version.id;
  return {
    results: each(tasks, (task) =>
      scoresOf(
        task,
        task.split === 'evaluation' ? view.scenarioName : `${view.scenarioName}, held back`,
        normalQuantile,
      ),
    ),
    group_subtasks: each(tasks, () => []),
    configs: each(tasks, (task) => configOf(view, task)),
    versions: each(tasks, () => 1),
    'n-shot': each(tasks, () => 0),
    higher_is_better: each(tasks, ({ entries }) =>
      Object.fromEntries(entries.map(({ as }) => [as.name, as.higherIsBetter])),
    ),
    'n-samples': each(tasks, ({ split, entries }) => {
      const effective = Math.max(...entries.map(({ one }) => one.samples));
      return { original: run.data[split]?.rows ?? effective, effective };
    }),
    config: {
      model: 'steelyard',
      model_args: `version=${version.id}`,
      model_num_parameters: isBaseline ? run.model.parameters : null,
      batch_size: typeof scenario.traffic?.batchSize === 'number' ? scenario.traffic.batchSize : null,
      batch_sizes: [],
      device: 'cpu',
      use_cache: null,
      limit: null,
      bootstrap_iters: null,
      gen_kwargs: null,
      random_seed: typeof scenario.seed === 'number' ? scenario.seed : null,
    },
    date: Date.parse(run.at) / 1000,
    model_source: 'steelyard',
    model_name: name,
    model_name_sanitized: slug(name),
    steelyard: remarksOf(view, version, tasks),
  };
};

/** A run in the shape of lm-evaluation-harness' results files: a list with one results object a version, the original first.
 *  Only metrics that both define alike; what is left out, and why, is under `steelyard.left_out`. Held-back data is a task of its own.
 *  Errors: `report/empty`; `report/no-lm-eval` when nothing comparable was measured; `report/no-version` for an unknown `only`. */
export const toLmEval = (
  records: readonly StoreRecord[],
  metrics: readonly MetricSpec[],
  normalQuantile: (p: number) => number,
  only?: string,
): string => {
  const view = viewOf(records, metrics);
  const found = versionsOf(view, only)
    .map((version) => resultsOf(view, version, normalQuantile))
    .filter((one) => one !== null);
  if (found.length === 0)
    throw new SteelyardError(
      'report/no-lm-eval',
      'nothing was measured that lm-evaluation-harness defines too',
      `it needs one of: ${Object.keys(shared).join(', ')}; all numbers of this run are in --format jsonl`,
    );
  return `${JSON.stringify(only === undefined ? found : found[0], null, 2)}\n`;
};
