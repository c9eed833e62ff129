import type { Unit } from '../../contracts/index.ts';
import { clustersOf, membersOf, pearson } from '../../statistics/index.ts';
import { accuracy, f1Macro, matthews, tally, type Tally } from '../quality/metrics.ts';
import { weightedSpearman } from './correlation.ts';
import { scoreText } from './squad.ts';
import type { Given, GoldRow, SuiteMetricId, SuiteTask } from './types.ts';

export interface SuiteMetric {
  readonly title: string;
  readonly unit: Unit;
  readonly definition: string;
}

/** What each metric is. All are better when higher. */
export const suiteMetrics: Readonly<Record<SuiteMetricId, SuiteMetric>> = {
  accuracy: { title: 'Accuracy', unit: 'proportion', definition: 'Share of rows whose answer is the right one.' },
  f1: {
    title: 'F1',
    unit: 'proportion',
    definition: 'Harmonic mean of precision and recall of the label with id 1; 0 when it is never right.',
  },
  'f1-macro': {
    title: 'F1 (mean of classes)',
    unit: 'proportion',
    definition:
      'Mean over all classes of the task of the F1 of one class against the rest, classes that do not occur with 0 (SuperGLUE, jiant).',
  },
  matthews: {
    title: 'Matthews correlation',
    unit: 'score',
    definition:
      'Correlation of right and given labels, −1 to 1; 0 when one side has one label only (Matthews 1975; for three classes Gorodkin 2004).',
  },
  pearson: {
    title: 'Pearson correlation',
    unit: 'score',
    definition: 'Linear correlation of right and given scores, −1 to 1; no value when one side is constant.',
  },
  spearman: {
    title: 'Spearman correlation',
    unit: 'score',
    definition: 'Pearson correlation of the ranks, equal scores sharing their mean rank.',
  },
  f1a: {
    title: 'F1a',
    unit: 'proportion',
    definition: 'F1 of the label True over all answers of all questions pooled (Khashabi et al. 2018).',
  },
  em: {
    title: 'Exact match',
    unit: 'proportion',
    definition:
      'MultiRC: share of questions whose answers are all judged rightly. ReCoRD: share of queries whose text equals a right one after normalization.',
  },
  'token-f1': {
    title: 'Token F1',
    unit: 'proportion',
    definition:
      'Mean over queries of the F1 over words between the text and the nearest right one, both normalized; no answer counts 0 (SQuAD, ReCoRD).',
  },
  'gender-parity': {
    title: 'Gender parity',
    unit: 'proportion',
    definition:
      'Share of pairs, sentences that differ in the gender of a pronoun, whose two answers are the same (Rudinger et al. 2018).',
  },
};

/** One system's answers on a task's rows. */
export interface Sheet {
  readonly task: SuiteTask;
  readonly rows: readonly GoldRow[];
  readonly given: Given;
}

/** Number of the cluster of each row; null where rows stand alone. */
export const clustersIn = ({ task, rows }: Pick<Sheet, 'task' | 'rows'>): Int32Array | null =>
  task.cluster === undefined ? null : clustersOf(rows.map(({ cluster }) => cluster!));

const truthOf = (rows: readonly GoldRow[]): Int32Array => Int32Array.from(rows, ({ label }) => label!);

/** Whether each row is answered rightly; null for answers that are numbers. Texts: by exact match. */
export const rightIn = ({ rows, given }: Sheet): Uint8Array | null => {
  switch (given.kind) {
    case 'class':
      return Uint8Array.from(rows, ({ label }, at) => (given.predicted[at] === label ? 1 : 0));
    case 'text':
      return Uint8Array.from(rows, ({ answers }, at) => scoreText(given.predicted[at]!, answers!).exact);
    case 'score':
      return null;
  }
};

/** Which clusters are wholly right (MultiRC), or answered alike (gender parity). */
const perCluster = (sheet: Sheet, holds: (members: readonly number[]) => boolean): Uint8Array =>
  Uint8Array.from(membersOf(clustersIn(sheet)!), (members) => (holds(members) ? 1 : 0));

const allRight = (sheet: Sheet): Uint8Array => {
  const right = rightIn(sheet)!;
  return perCluster(sheet, (members) => members.every((at) => right[at] === 1));
};

const alike = (sheet: Sheet): Uint8Array => {
  const { given } = sheet;
  const predicted = (given as Extract<Given, { kind: 'class' }>).predicted;
  return perCluster(sheet, (members) => members.every((at) => predicted[at] === predicted[members[0]!]));
};

/** The metric as right and wrong of units that stand alone (rows, questions, pairs): then score intervals and exact tests apply.
 *  Null: it needs the bootstrap. */
export const unitsOf = (sheet: Sheet, metric: SuiteMetricId): Uint8Array | null => {
  const { task, given } = sheet;
  if (metric === 'accuracy') return task.cluster === undefined ? rightIn(sheet) : null;
  if (metric === 'em') return given.kind === 'class' ? allRight(sheet) : null;
  return metric === 'gender-parity' ? alike(sheet) : null;
};

/** F1 of one label against the rest. Source: scikit-learn f1_score(pos_label=label), 0 without any. */
const f1Of = ({ right, truth, given }: Tally, label: number): number => {
  const both = truth[label]! + given[label]!;
  return both === 0 ? 0 : (2 * right[label]!) / both;
};

const fromTally: Partial<Record<SuiteMetricId, (counts: Tally) => number>> = {
  accuracy,
  f1: (counts) => f1Of(counts, 1),
  f1a: (counts) => f1Of(counts, 1),
  'f1-macro': (counts) => {
    let sum = 0;
    for (let label = 0; label < counts.truth.length; label++) sum += f1Of(counts, label);
    return sum / counts.truth.length;
  },
  matthews,
};

type Weighted = (weights: ArrayLike<number>) => number;

const weightedMean =
  (values: ArrayLike<number>): Weighted =>
  (weights) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      sum += weights[i]! * values[i]!;
      total += weights[i]!;
    }
    return sum / total;
  };

/** Mean over clusters; whole clusters are drawn, so that its first row tells how often. */
const clusterMean = (sheet: Sheet, values: Uint8Array): Weighted => {
  const first = Int32Array.from(membersOf(clustersIn(sheet)!), ([at]) => at!);
  return (weights) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < first.length; i++) {
      const weight = weights[first[i]!]!;
      sum += weight * values[i]!;
      total += weight;
    }
    return sum / total;
  };
};

const ofText = (sheet: Sheet, part: 'exact' | 'f1'): Weighted => {
  const predicted = (sheet.given as Extract<Given, { kind: 'text' }>).predicted;
  return weightedMean(Float64Array.from(sheet.rows, ({ answers }, at) => scoreText(predicted[at]!, answers!)[part]));
};

const otherwise = (sheet: Sheet, metric: SuiteMetricId): Weighted => {
  const { rows, given } = sheet;
  switch (metric) {
    case 'em':
      return given.kind === 'class' ? clusterMean(sheet, allRight(sheet)) : ofText(sheet, 'exact');
    case 'token-f1':
      return ofText(sheet, 'f1');
    case 'gender-parity':
      return clusterMean(sheet, alike(sheet));
    case 'spearman':
    case 'pearson': {
      const truth = Float64Array.from(rows, ({ label }) => label!);
      const predicted = (given as Extract<Given, { kind: 'score' }>).predicted;
      return metric === 'spearman'
        ? weightedSpearman(truth, predicted)
        : (weights) => pearson(truth, predicted, weights);
    }
    default:
      throw new Error(`unreachable: ${metric}`);
  }
};

/** All metrics of a task, in its order, as a function of how often each row occurs: what the bootstrap needs. */
export const valuesOf = (sheet: Sheet): ((weights: ArrayLike<number>) => readonly number[]) => {
  const { task, rows, given } = sheet;
  const truth = given.kind === 'class' ? truthOf(rows) : null;
  const others = task.metrics.map((metric) => (fromTally[metric] === undefined ? otherwise(sheet, metric) : null));
  return (weights) => {
    const counts =
      truth === null || given.kind !== 'class'
        ? null
        : tally({ truth, predicted: given.predicted, classes: task.labels.length }, weights);
    return task.metrics.map((metric, at) => others[at]?.(weights) ?? fromTally[metric]!(counts!));
  };
};

/** Scikit-learn's macro F1, which leaves out classes that neither side has; differs from the benchmark's on small sets. */
export const scikitMacro = ({ task, rows, given }: Sheet): number =>
  f1Macro(
    tally({
      truth: truthOf(rows),
      predicted: (given as Extract<Given, { kind: 'class' }>).predicted,
      classes: task.labels.length,
    }),
  );
