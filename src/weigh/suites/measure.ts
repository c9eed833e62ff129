import type { Comparison, Measurement } from '../../contracts/index.ts';
import { marginWithoutFlips, quantile, tangoInterval, thinQuantiles, wilson } from '../../statistics/index.ts';
import { draw, type Drawn, type ScoreOptions } from './draws.ts';
import { flipsBetween, type SuiteFlips } from './flips.ts';
import { clustersIn, scikitMacro, suiteMetrics, unitsOf, valuesOf, type Sheet } from './metrics.ts';
import { deviation, finite, scoreDraws, scoreOf, scoreValue, type ScoreValue } from './score-value.ts';
import { swapCaution } from './swap.ts';
import type { SuiteMetricId } from './types.ts';

/** A metric with its standard error: of a share s/√n, otherwise the standard deviation of the bootstrap's replicates. */
export interface ScoredMetric extends Measurement {
  readonly title: string;
  readonly standardError: number;
  /** "Wilson", "percentile bootstrap over 953 questions, 10,000 draws" */
  readonly method: string;
}

/** 100 × the mean of a task's metrics, as the benchmarks count. */
export interface TaskScore {
  readonly task: string;
  readonly title: string;
  readonly rows: number;
  readonly metrics: readonly ScoredMetric[];
  readonly score: ScoreValue;
  readonly flips?: SuiteFlips;
  readonly cautions: readonly string[];
}

/** A task's score, and its bootstrap replicates in points of 100: what an average over tasks needs. */
export interface Scored {
  readonly report: TaskScore;
  readonly draws: { readonly own: Float64Array; readonly difference: Float64Array | null };
}

const sum = (units: Uint8Array): number => units.reduce((all, one) => all + one, 0);

const pairsBetween = (before: Uint8Array, after: Uint8Array) => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < after.length; i++) counts[(before[i] === 1 ? 0 : 2) + (after[i] === 1 ? 0 : 1)]! += 1;
  const [bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong] = counts as [number, number, number, number];
  return { kind: 'pairs', bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong } as const;
};

const nouns = { question: 'questions', passage: 'passages', pair: 'pairs' } as const;
const drawn = (sheet: Sheet, groups: number, replicates: number, paired: boolean): string => {
  const noun = sheet.task.cluster === undefined ? 'rows' : nouns[sheet.task.cluster];
  return `${paired ? 'paired' : 'percentile'} bootstrap over ${groups.toLocaleString('en-US')} ${noun}, ${replicates.toLocaleString('en-US')} draws`;
};

/** The bootstrap cannot see what did not occur: where all replicates are the same, as much is left open as no flip in n rows leaves. */
const opened = (value: number, low: number, high: number, n: number, confidence: number, least: number) => {
  if (low < high) return { low: Math.min(low, value), high: Math.max(high, value) };
  const reach = marginWithoutFlips(n, (1 - confidence) / 2);
  return { low: Math.max(least, value - reach), high: Math.min(1, value + reach) };
};

const noValue: Partial<Record<SuiteMetricId, string>> = {
  pearson: 'no value: all answers are the same number',
  spearman: 'no value: all answers are the same number',
};

const metricOf = (
  sheet: Sheet,
  baseline: Sheet | null,
  at: number,
  values: { readonly now: readonly number[]; readonly before: readonly number[] | null },
  draws: Drawn,
  groups: number,
  { confidence, replicates }: ScoreOptions,
): ScoredMetric => {
  const id = sheet.task.metrics[at]!;
  const { title, unit } = suiteMetrics[id];
  const value = values.now[at]!;
  const tail = (1 - confidence) / 2;
  const units = unitsOf(sheet, id);
  const base = { metric: `${sheet.task.id}/${id}`, title, unit, value, confidence };
  if (units !== null) {
    const n = units.length;
    const before = baseline === null ? null : unitsOf(baseline, id)!;
    const evidence = before === null ? null : pairsBetween(before, units);
    return {
      ...base,
      ...wilson(sum(units), n, confidence),
      samples: n,
      // The standard error of a mean, with n − 1.
      standardError: n < 2 ? Number.NaN : Math.sqrt((value * (1 - value)) / (n - 1)),
      method: 'Wilson',
      ...(evidence === null
        ? {}
        : {
            versus: {
              kind: 'difference',
              value: (evidence.onlyCandidateRight - evidence.onlyBaselineRight) / n,
              ...tangoInterval({ b: evidence.onlyBaselineRight, c: evidence.onlyCandidateRight, n }, confidence),
              evidence,
              method: `Tango score interval on ${n.toLocaleString('en-US')} paired answers`,
            } satisfies Comparison,
          }),
    };
  }
  const own = finite(draws.own[at]!);
  const least = unit === 'score' ? -1 : 0;
  const measured = {
    ...base,
    ...(Number.isFinite(value)
      ? opened(value, quantile(own, tail), quantile(own, 1 - tail), groups, confidence, least)
      : { low: least, high: 1 }),
    samples: groups,
    standardError: own.length < 2 ? Number.NaN : deviation(own),
    method: drawn(sheet, groups, replicates, false),
    ...(Number.isFinite(value) ? {} : { caveat: noValue[id] ?? 'no value' }),
  };
  if (values.before === null) return measured;
  const ordered = finite(draws.differences[at]!);
  const difference = value - values.before[at]!;
  if (ordered.length === 0 || !Number.isFinite(difference))
    return { ...measured, caveat: measured.caveat ?? 'no value of the baseline: all its answers are the same number' };
  return {
    ...measured,
    versus: {
      kind: 'difference',
      value: difference,
      ...opened(difference, quantile(ordered, tail), quantile(ordered, 1 - tail), groups, confidence, -2),
      evidence: thinQuantiles(ordered),
      method: drawn(sheet, groups, replicates, true),
    },
  };
};

const cautionsOf = (sheet: Sheet, who: string): readonly string[] => {
  const swap = swapCaution(sheet);
  const scikit = sheet.task.metrics.includes('f1-macro') ? scikitMacro(sheet) : null;
  const ours = scikit === null ? null : valuesOf(sheet)(new Uint8Array(sheet.rows.length).fill(1))[1]!;
  return [
    ...(swap === null ? [] : [`${who}${swap}`]),
    ...(scikit !== null && Math.abs(scikit - ours!) > 1e-12
      ? [
          `${who}scikit-learn’s macro F1 leaves out classes that neither side has and is ${(100 * scikit).toFixed(1)} %: not the benchmark’s`,
        ]
      : []),
  ];
};

/** Score one system's answers on one task, against another system's on the same rows where there is one. Shares of rows that stand alone
 *  get Wilson intervals and Tango's comparison; everything else the bootstrap, whole clusters at a time.
 *  Source: Wilson 1927; Tango 1998; Efron & Tibshirani 1993, whose standard error is the standard deviation of the replicates. */
export const scoreTask = (sheet: Sheet, baseline: Sheet | null, options: ScoreOptions): Scored => {
  const { task, rows } = sheet;
  const once = new Uint8Array(rows.length).fill(1);
  const values = { now: valuesOf(sheet)(once), before: baseline === null ? null : valuesOf(baseline)(once) };
  const draws = draw(sheet, baseline, options);
  const clusters = clustersIn(sheet);
  const groups = clusters === null ? rows.length : new Set(clusters).size;
  const own = scoreDraws(draws.own);
  const difference = baseline === null ? null : scoreDraws(draws.differences);
  const flips = baseline === null ? null : flipsBetween(baseline, sheet);
  const value = scoreOf(values.now);
  return {
    report: {
      task: task.id,
      title: task.title,
      rows: rows.length,
      metrics: task.metrics.map((_, at) => metricOf(sheet, baseline, at, values, draws, groups, options)),
      score: scoreValue(
        value,
        own,
        options.confidence,
        difference === null ? null : { value: value - scoreOf(values.before!), draws: difference },
      ),
      ...(flips === null ? {} : { flips }),
      cautions: [
        ...cautionsOf(sheet, ''),
        ...(baseline === null ? [] : cautionsOf(baseline, 'baseline: ')),
        ...(task.caution === undefined ? [] : [task.caution]),
      ],
    },
    draws: { own, difference },
  };
};
