import {
  SteelyardError,
  defineEvaluator,
  isSteelyardError,
  noted,
  type Comparison,
  type Context,
  type Measurement,
  type Subject,
  type SubjectOutcome,
  type Trial,
  type Unit,
} from '../../contracts/index.ts';
import { bcaOf, bootstrap, jackknifeOf, quantile, tangoInterval, wilson } from '../../statistics/index.ts';
import { suspectSwap } from '../tasks/index.ts';
import { answersOf, pairsOf, pick, truthOf } from './answers.ts';
import { accuracy, f1Macro, f1Weighted, matthews, tally, type Answers, type Tally } from './metrics.ts';
import { slicesOf } from './slices.ts';

interface Resampled {
  readonly id: string;
  readonly unit: Unit;
  readonly compute: (counts: Tally) => number;
}

const resampled: readonly Resampled[] = [
  { id: 'f1-macro', unit: 'proportion', compute: f1Macro },
  { id: 'f1-weighted', unit: 'proportion', compute: f1Weighted },
  { id: 'matthews', unit: 'score', compute: matthews },
];

interface Setting {
  readonly confidence: number;
  readonly replicates: number;
  readonly context: Context;
}

const accuracyVersus = (before: Answers, after: Answers, confidence: number): Comparison => {
  const evidence = pairsOf(before, after);
  const n = before.truth.length;
  const [b, c] = [evidence.onlyBaselineRight, evidence.onlyCandidateRight];
  return {
    kind: 'difference',
    value: (c - b) / n,
    ...tangoInterval({ b, c, n }, confidence),
    evidence,
    method: `Tango score interval on ${n.toLocaleString('en-US')} paired answers`,
  };
};

const accuracyOf = (before: Answers | null, after: Answers, setting: Setting, slice?: string): Measurement => {
  const n = after.truth.length;
  const counts = tally(after);
  const right = counts.right.reduce((all, one) => all + one, 0);
  return {
    metric: 'accuracy',
    unit: 'proportion',
    value: accuracy(counts),
    ...wilson(right, n, setting.confidence),
    confidence: setting.confidence,
    samples: n,
    ...(slice === undefined ? {} : { slice }),
    ...(before === null ? {} : { versus: accuracyVersus(before, after, setting.confidence) }),
  };
};

/** Values of every resampled metric, one row a metric: of a version, and against the baseline. */
interface Series {
  readonly own: readonly number[][];
  readonly differences: readonly number[][];
}

/** A function of row weights that writes down every resampled metric, and what it has written. */
const recorder = (before: Answers | null, after: Answers): { at: (weights: Int32Array) => number; series: Series } => {
  const series: Series = { own: resampled.map(() => []), differences: resampled.map(() => []) };
  const at = (weights: Int32Array): number => {
    const now = tally(after, weights);
    const then = before === null ? null : tally(before, weights);
    for (const [index, { compute }] of resampled.entries()) {
      const value = compute(now);
      series.own[index]!.push(value);
      if (then !== null) series.differences[index]!.push(value - compute(then));
    }
    return series.own[0]!.at(-1)!;
  };
  return { at, series };
};

/** All resampled metrics from the same draws: one drawing serves every metric, on its own and against the baseline. */
const resampledOf = (before: Answers | null, after: Answers, setting: Setting): Measurement[] => {
  const { confidence, replicates, context } = setting;
  const samples = after.truth.length;
  const [draws, left] = [recorder(before, after), recorder(before, after)];
  // The same label for every version: all of them see the same draws.
  bootstrap(samples, draws.at, { confidence, replicates, random: context.random('quality/classification') });
  if (before !== null) jackknifeOf(samples, left.at);
  const tail = (1 - confidence) / 2;
  const whole = tally(after);
  return resampled.map(({ id, unit, compute }, index) => {
    const value = compute(whole);
    const ordered = Float64Array.from(draws.series.own[index]!).sort();
    // Draws lose rare classes, which moves macro F1: the interval is widened to hold the value itself.
    const base = {
      metric: id,
      unit,
      value,
      low: Math.min(quantile(ordered, tail), value),
      high: Math.max(quantile(ordered, 1 - tail), value),
      confidence,
      samples,
    };
    if (before === null) return base;
    const difference = value - compute(tally(before));
    const { differences } = draws.series;
    const { low, high, evidence } = bcaOf(differences[index]!, difference, left.series.differences[index]!, confidence);
    const versus: Comparison = {
      kind: 'difference',
      value: difference,
      low,
      high,
      evidence,
      method: `paired bootstrap (BCa) over ${samples.toLocaleString('en-US')} examples, ${replicates.toLocaleString('en-US')} draws`,
    };
    return { ...base, versus };
  });
};

/** Whether a session's or task's fault is this candidate's own outcome rather than the end of the trial. */
const failureOf = (error: unknown, context: Context): SubjectOutcome => {
  if (context.signal.aborted || !isSteelyardError(error)) throw error;
  return { kind: 'failed', code: error.code, message: error.message };
};

/** Accuracy, macro and weighted F1 and Matthews correlation against the right answers, for all rows and (accuracy) per group.
 *  Intervals: Wilson for accuracy, percentile bootstrap otherwise. Against the baseline: Tango score on the same rows for accuracy,
 *  paired bootstrap (BCa: with few examples plain percentiles are a little too sure) otherwise. Rows without a right answer do not count. Groups below 30 rows are refused by name.
 *  Errors: `task/labels`, `quality/rows`, `quality/unlabelled`, `task/not-finite`. */
export const classification = defineEvaluator({
  id: 'quality/classification',
  version: 2,
  title: 'Quality of the answers',
  source: 'scikit-learn definitions; Wilson 1927; Tango 1998; Efron 1987',
  metrics: [
    {
      id: 'accuracy',
      title: 'Accuracy',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition: 'Share of examples whose answer is the right one.',
    },
    {
      id: 'f1-macro',
      title: 'Macro F1',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Mean over classes of the harmonic mean of precision and recall: every class counts the same (scikit-learn, average="macro").',
    },
    {
      id: 'f1-weighted',
      title: 'Weighted F1',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition: 'Mean F1 over classes weighted by how often each class occurs (scikit-learn, average="weighted").',
    },
    {
      id: 'matthews',
      title: 'Matthews correlation',
      noun: 'Matthews correlation',
      unit: 'score',
      better: 'higher',
      versus: 'difference',
      definition:
        'Correlation of right and given answers, −1 to 1; 0 is chance, also when classes are rare (Gorodkin 2004).',
    },
  ],
  options: {
    replicates: {
      kind: 'integer',
      default: 2000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind each interval of F1 and Matthews.',
    },
  },
  needs: { dataset: 'labelled', alone: false, answers: 'classes' },
  async evaluate(trial: Trial, options, context) {
    const truth = truthOf(trial);
    const rows = [...truth.keys()].filter((row) => truth[row]! >= 0);
    if (rows.length === 0)
      throw new SteelyardError(
        'quality/unlabelled',
        'no example has a right answer',
        'map the label column: data.columns.label',
      );
    const classes = trial.task.labels.length;
    const setting: Setting = { confidence: trial.confidence, replicates: options.replicates, context };
    const { slices, refused, remarks } = slicesOf(trial.examples, trial.groups, rows);
    const baseline = answersOf(await trial.predictions(trial.baseline), trial.examples, trial.baseline.id);
    const swap = suspectSwap(baseline, trial.examples);
    const notes = noted(
      [
        ...(swap === null
          ? []
          : [
              `suspected label swap: with ${swap.renamed
                .slice(0, 3)
                .map(({ model, data }) => `"${model}" read as "${data}"`)
                .join(
                  ', ',
                )} the original would score ${(swap.permutedAccuracy * 100).toFixed(1)} % instead of ${(swap.accuracy * 100).toFixed(1)} %`,
            ]),
        ...remarks,
      ],
      refused,
    );
    const measure = (predicted: Int32Array, isBaseline: boolean): Measurement[] => {
      const view = (some: readonly number[], from: Int32Array): Answers => pick(truth, from, some, classes);
      const before = (some: readonly number[]): Answers | null => (isBaseline ? null : view(some, baseline.predicted));
      const whole = accuracyOf(before(rows), view(rows, predicted), setting);
      return [
        { ...whole, ...notes },
        ...resampledOf(before(rows), view(rows, predicted), setting),
        ...slices.map(({ name, rows: some }) => accuracyOf(before(some), view(some, predicted), setting, name)),
      ];
    };
    const outcomes = new Map<string, SubjectOutcome>();
    const everyone: readonly Subject[] = [trial.baseline, ...trial.candidates];
    for (const [index, subject] of everyone.entries()) {
      context.signal.throwIfAborted();
      context.progress({ label: 'weighing quality', done: index, total: everyone.length, detail: subject.id });
      const isBaseline = subject.id === trial.baseline.id;
      try {
        const { predicted } = isBaseline
          ? baseline
          : answersOf(await trial.predictions(subject), trial.examples, subject.id);
        outcomes.set(subject.id, { kind: 'measured', measurements: measure(predicted, isBaseline) });
      } catch (error) {
        outcomes.set(subject.id, failureOf(error, context));
      }
    }
    return outcomes;
  },
});
