import {
  SteelyardError,
  defineEvaluator,
  fewestItems,
  isSteelyardError,
  noted,
  tooFew,
  type Comparison,
  type Judged,
  type Measurement,
  type MetricSpec,
  type Random,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { bootstrap, quantile, thinQuantiles } from '../../statistics/index.ts';
import { answerMetrics } from '../tasks/index.ts';
import { slicesOf } from './slices.ts';

interface Setting {
  readonly confidence: number;
  readonly replicates: number;
  /** The same draws for every version. */
  readonly random: () => Random;
}

type Values = (weights?: ArrayLike<number>) => Float64Array;

/** Numbers about some of the judged rows. */
interface Table {
  readonly columns: readonly {
    readonly metric: MetricSpec;
    readonly slice?: string;
    readonly notes?: Pick<Measurement, 'caveat' | 'refused'>;
  }[];
  readonly values: (judged: Judged) => Values;
  /** Which of the judged rows are drawn from; absent: all. */
  readonly rows?: readonly number[];
}

/** One version's numbers: on the rows as they are, and for every draw. Shapes: draws [columns][replicates]. */
interface Drawn {
  readonly value: Float64Array;
  readonly draws: readonly Float64Array[];
}

const drawn = (
  judged: Judged,
  { columns, values, rows }: Table,
  { confidence, replicates, random }: Setting,
): Drawn => {
  const compute = values(judged);
  const all = new Int32Array(judged.rows.length);
  /** Weights of the drawn rows as weights of all. */
  const spread = (weights: ArrayLike<number>): ArrayLike<number> => {
    if (rows === undefined) return weights;
    for (const [at, row] of rows.entries()) all[row] = weights[at]!;
    return all;
  };
  const items = rows?.length ?? judged.rows.length;
  const value = compute(spread(new Int32Array(items).fill(1)));
  const draws = columns.map(() => new Float64Array(replicates));
  const { clusters } = judged;
  let draw = 0;
  const statistic = (weights: Int32Array): number => {
    const now = compute(spread(weights));
    for (const [index, own] of draws.entries()) own[draw] = now[index]!;
    draw += 1;
    return 0;
  };
  bootstrap(items, statistic, {
    confidence,
    replicates,
    random: random(),
    ...(clusters === undefined
      ? {}
      : { clusters: rows === undefined ? clusters : Int32Array.from(rows, (row) => clusters[row]!) }),
  });
  return { value, draws };
};

/** Largest ratio that is reported: against an original without any error there is none. */
const largest = 1e9;

const contrast = ({ versus }: MetricSpec, after: number, before: number): number => {
  if (versus !== 'ratio') return after - before;
  return before === 0 ? (after === 0 ? 1 : largest) : Math.min(largest, after / before);
};

/** Intervals from a version's draws, and from its contrasts with the baseline's. */
const measurementsOf = (
  { columns, rows }: Table,
  judged: Judged,
  after: Drawn,
  before: Drawn | null,
  { confidence, replicates }: Setting,
): Measurement[] => {
  const samples = rows?.length ?? judged.rows.length;
  const tail = (1 - confidence) / 2;
  const items = `${samples.toLocaleString('en-US')} examples${judged.clusters === undefined ? '' : ' in their clusters'}`;
  return columns.map(({ metric, slice, notes }, index): Measurement => {
    const value = after.value[index]!;
    const ordered = after.draws[index]!.toSorted();
    const own = {
      metric: metric.id,
      unit: metric.unit,
      value,
      // Draws lose rare kinds, which moves some metrics: the interval is widened to hold the value itself.
      low: Math.min(value, quantile(ordered, tail)),
      high: Math.max(value, quantile(ordered, 1 - tail)),
      confidence,
      samples,
      ...(slice === undefined ? {} : { slice }),
      ...notes,
    };
    if (before === null || metric.versus === 'none') return own;
    const contrasts = after.draws[index]!.map((one, draw) => contrast(metric, one, before.draws[index]![draw]!)).sort();
    const versus: Comparison = {
      kind: metric.versus,
      value: contrast(metric, value, before.value[index]!),
      low: quantile(contrasts, tail),
      high: quantile(contrasts, 1 - tail),
      evidence: thinQuantiles(contrasts),
      method: `paired bootstrap over ${items}, ${replicates.toLocaleString('en-US')} draws`,
    };
    return { ...own, versus };
  });
};

/** Answers that are labels, tags, spans, numbers, embeddings or tensors, as their task judges them: for all rows, per group (the task's first
 *  metric), and per kind of answer. Intervals and differences: percentile bootstrap over rows, or over clusters of rows that belong together;
 *  the same draws for every version. Groups below 30 rows and kinds below 30 right answers are refused by name.
 *  Errors: `quality/unlabelled`, `task/gold`, `task/tags`. */
export const judgedAnswers = defineEvaluator({
  id: 'quality/answers',
  version: 2,
  title: 'Quality of answers that are not classes',
  source:
    'the metrics’ own sources; paired bootstrap: Efron & Tibshirani 1993, §13; clusters: Davison & Hinkley 1997, §3.8',
  metrics: answerMetrics,
  options: {
    replicates: {
      kind: 'integer',
      default: 2000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind each interval.',
    },
  },
  needs: {
    dataset: 'labelled',
    alone: false,
    answers: ['labels', 'tags', 'span', 'number', 'vector', 'tensor'],
  },
  async evaluate(trial: Trial, options, context) {
    const { judging } = trial.task;
    if (judging === undefined) throw new Error(`${trial.task.id} does not say how its answers are judged`);
    const setting: Setting = {
      confidence: trial.confidence,
      replicates: options.replicates,
      random: () => context.random('quality/answers'),
    };
    const { examples } = trial;
    const original = await trial.predictions(trial.baseline);
    const baseline = judging.judge(examples, original, original);
    if (baseline.rows.length === 0)
      throw new SteelyardError(
        'quality/unlabelled',
        'no example has a right answer',
        'map the column with the right answers: data.columns',
      );
    const placeOf = new Map(baseline.rows.map((row, at) => [row, at]));
    const groups = slicesOf(examples, trial.groups, baseline.rows);
    const { slices } = groups;
    const parts = baseline.slices?.columns ?? [];
    const refused = [
      ...groups.refused,
      ...parts.filter(({ count }) => count < fewestItems).map(({ name, count }) => tooFew(name, count, 'right answer')),
    ];
    const notes = noted([...(baseline.caveat === undefined ? [] : [baseline.caveat]), ...groups.remarks], refused);
    // Kinds that only a candidate's answers name are part of the whole, not a row of their own.
    const kinds = parts
      .filter(({ count }) => count >= fewestItems)
      .map(({ name, metric }) => ({ metric: judging.metrics.find(({ id }) => id === metric)!, slice: name }));
    const tables: readonly Table[] = [
      {
        columns: judging.metrics.map((metric, index) => ({
          metric,
          ...(index > 0 ? {} : { notes }),
        })),
        values: ({ values }) => values,
      },
      ...slices.map(({ name, rows }): Table => ({
        columns: [{ metric: judging.metrics[0]!, slice: name }],
        values: ({ values }) => values,
        rows: rows.map((row) => placeOf.get(row)!),
      })),
      ...(kinds.length === 0
        ? []
        : [
            {
              columns: kinds,
              values: ({ slices: own }: Judged): Values => {
                const places = kinds.map(({ slice }) => own?.columns.findIndex(({ name }) => name === slice) ?? -1);
                return (weights) => {
                  const values = own?.values(weights);
                  return Float64Array.from(places, (at) => values?.[at] ?? 0);
                };
              },
            },
          ]),
    ];
    const before = tables.map((table) => drawn(baseline, table, setting));
    const outcomes = new Map<string, SubjectOutcome>();
    const everyone = [trial.baseline, ...trial.candidates];
    for (const [index, subject] of everyone.entries()) {
      context.signal.throwIfAborted();
      context.progress({ label: 'weighing answers', done: index, total: everyone.length, detail: subject.id });
      try {
        const isBaseline = subject.id === trial.baseline.id;
        const judged = isBaseline ? baseline : judging.judge(examples, await trial.predictions(subject), original);
        const measurements = tables.flatMap((table, at) =>
          isBaseline
            ? measurementsOf(table, judged, before[at]!, null, setting)
            : measurementsOf(table, judged, drawn(judged, table, setting), before[at]!, setting),
        );
        outcomes.set(subject.id, { kind: 'measured', measurements });
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error)) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    return outcomes;
  },
});
