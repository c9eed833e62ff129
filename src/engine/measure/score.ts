import { resolve } from 'node:path';
import { SteelyardError, type GateResult, type MetricSpec } from '../../contracts/index.ts';
import { judge } from '../../decide/index.ts';
import { seeded } from '../../statistics/index.ts';
import {
  aggregate,
  filesIn,
  findAnswers,
  findGold,
  findTasks,
  isFolder,
  readAnswers,
  readGold,
  scoreTask,
  suiteMetrics,
  suiteTasks,
  type Answers,
  type Gold,
  type Scored,
  type SuiteScore,
  type SuiteTask,
  type TaskScore,
} from '../../weigh/suites/index.ts';

export interface ScoreSettings {
  /** "superglue/multirc", or a whole benchmark: "glue". */
  readonly task: string;
  /** Files, or folders for a whole benchmark. */
  readonly predictions: string;
  readonly gold: string;
  readonly baseline?: string;
  /** How much worse than the baseline is allowed, as a share: 0.01 is one point of 100. */
  readonly margin?: number;
  /** The model's own order of the labels, for answers that are numbers. */
  readonly labels?: readonly string[];
  readonly confidence: number;
  readonly replicates: number;
  readonly seed: number;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress: (event: { readonly label: string; readonly done: number; readonly total: number }) => void;
}

/** A file that was read, and how it was laid out. */
interface ReadFile {
  readonly path: string;
  readonly layout: string;
  readonly notes: readonly string[];
}

export interface ScoredTask extends TaskScore {
  readonly gold: ReadFile;
  readonly predictions: ReadFile;
  readonly baseline?: ReadFile;
}

export interface ScoreResult {
  readonly tasks: readonly ScoredTask[];
  /** Of a whole benchmark. */
  readonly aggregate: SuiteScore | null;
  /** Tasks of the benchmark that were not scored, and why. */
  readonly leftOut: readonly { readonly task: string; readonly reason: string }[];
  /** One for each metric, judged together; empty without a margin. */
  readonly verdicts: readonly GateResult[];
  readonly margin: number | null;
  readonly confidence: number;
  readonly replicates: number;
  readonly seed: number;
}

interface Found {
  readonly task: SuiteTask;
  readonly gold: string;
  readonly predictions: string;
  readonly baseline: string | null;
}

interface Source {
  readonly path: string;
  /** Null: it is a file. */
  readonly files: readonly string[] | null;
}

const sourceOf = async (path: string, base: string): Promise<Source> => {
  const whole = resolve(base, path);
  return { path: whole, files: (await isFolder(whole)) ? await filesIn(whole) : null };
};

type Finder = (task: SuiteTask, folder: string, files: readonly string[]) => string | null;
const inSource = (find: Finder, task: SuiteTask, { path, files }: Source): string | null =>
  files === null ? path : find(task, path, files);

const partOf = ({ path, layout, notes }: Gold | Answers): ReadFile => ({ path, layout, notes });

/** What is there for each task: its files, or why it is left out. Errors: `score/folder` when nothing of a benchmark is there. */
const findAll = async (settings: ScoreSettings, tasks: readonly SuiteTask[]) => {
  const [gold, predictions, baseline] = [
    await sourceOf(settings.gold, settings.base),
    await sourceOf(settings.predictions, settings.base),
    settings.baseline === undefined ? null : await sourceOf(settings.baseline, settings.base),
  ];
  const found: Found[] = [];
  const leftOut: { task: string; reason: string }[] = [];
  for (const task of tasks) {
    const files = {
      gold: inSource(findGold, task, gold),
      predictions: inSource(findAnswers, task, predictions),
      baseline: baseline === null ? null : inSource(findAnswers, task, baseline),
    };
    const missing =
      files.gold === null
        ? `no right answers under ${settings.gold}`
        : files.predictions === null
          ? `no answers under ${settings.predictions}`
          : baseline !== null && files.baseline === null
            ? `no answers under ${settings.baseline}`
            : null;
    if (missing !== null) leftOut.push({ task: task.id, reason: missing });
    else found.push({ task, gold: files.gold!, predictions: files.predictions!, baseline: files.baseline });
  }
  if (found.length === 0)
    throw new SteelyardError(
      'score/folder',
      `nothing to score: ${leftOut
        .map(({ task, reason }) => `${task}: ${reason}`)
        .slice(0, 5)
        .join('; ')}`,
      'folders are laid out as the benchmark’s archives or the hub’s copies, answers named as its submissions (SST-2.tsv, MultiRC.jsonl)',
    );
  return { found, leftOut };
};

const specsOf = (tasks: readonly TaskScore[]): readonly MetricSpec[] =>
  tasks.flatMap(({ task, metrics }) =>
    metrics.map(({ metric, title, unit }) => ({
      id: metric,
      title: `${task} ${title}`,
      unit,
      better: 'higher' as const,
      versus: 'difference' as const,
      definition: '',
    })),
  );

/** Score answers in files against right answers in files: one task, or a whole benchmark from folders. With a baseline, every metric is
 *  compared on the same rows; with a margin, each comparison gets a verdict, corrected for judging several at once.
 *  Errors: `score/…`, `usage/labels`, and those of the data readers. */
export const scoreFiles = async (settings: ScoreSettings): Promise<ScoreResult> => {
  const { confidence, replicates, seed, margin } = settings;
  const tasks = findTasks(settings.task);
  const { found, leftOut } = await findAll(settings, tasks);
  const scored: Scored[] = [];
  const read: ScoredTask[] = [];
  for (const [at, { task, ...paths }] of found.entries()) {
    settings.signal.throwIfAborted();
    settings.progress({ label: `scoring ${task.id}`, done: at, total: found.length });
    const gold = await readGold(task, paths.gold);
    const answers = await readAnswers(task, gold, paths.predictions, settings.labels);
    const others = paths.baseline === null ? null : await readAnswers(task, gold, paths.baseline, settings.labels);
    const sheetOf = ({ given }: Answers) => ({ task, rows: gold.rows, given });
    const one = scoreTask(sheetOf(answers), others === null ? null : sheetOf(others), {
      confidence,
      replicates,
      random: (label) => seeded(seed, label),
    });
    scored.push(one);
    read.push({
      ...one.report,
      gold: partOf(gold),
      predictions: partOf(answers),
      ...(others === null ? {} : { baseline: partOf(others) }),
    });
  }
  const specs = specsOf(read);
  return {
    tasks: read,
    aggregate: tasks.length > 1 ? aggregate(tasks[0]!.suite, scored, confidence) : null,
    leftOut,
    verdicts:
      margin === undefined
        ? []
        : judge(
            specs.map(({ id }) => ({ metric: id, limit: { kind: 'worse-by-at-most', value: margin } })),
            read.flatMap(({ metrics }) => metrics),
            specs,
            confidence,
          ),
    margin: margin ?? null,
    confidence,
    replicates,
    seed,
  };
};

/** A benchmark task for `steelyard score --list`. */
export interface ListedTask {
  readonly id: string;
  readonly title: string;
  readonly fields: readonly string[];
  readonly labels: readonly string[];
  readonly metrics: readonly string[];
  readonly rows: number;
  readonly split: string;
  readonly source: string;
  readonly caution: string | null;
}

/** Every task of every benchmark. */
export const listScoreTasks = (): readonly ListedTask[] =>
  suiteTasks.map(({ id, title, fields, labels, metrics, rows, split, range, source, caution }) => ({
    id,
    title,
    fields,
    labels: range === undefined ? labels : [`${range[0]} to ${range[1]}`],
    metrics: metrics.map((metric) => suiteMetrics[metric].title),
    rows,
    split,
    source,
    caution: caution ?? null,
  }));
