import type { LearningRows } from '../../contracts/index.ts';
import { riskThreshold, rowsForRisk, type Threshold } from '../../statistics/index.ts';
import { bestOf, type Answers } from '../answers.ts';

export interface Aim {
  readonly risk: number;
  readonly confidence: number;
  /** What counts as a loss where rows have labels. */
  readonly judge: string;
  readonly leastKept: number;
}

/** Options that say what may go wrong how often, for every technique that lets rows leave early. */
export const aimOptions = {
  risk: {
    kind: 'number',
    default: 0.01,
    min: 0.0001,
    max: 0.5,
    description:
      'Largest share of all rows that may be answered worse than by the large model: it was right and the early answer is wrong (or differs, where there are no labels).',
    search: [0.01, 0.02],
  },
  confidence: {
    kind: 'number',
    default: 0.95,
    min: 0.5,
    max: 0.9999,
    description: 'How sure it must be, from the validation rows, that the risk is met.',
  },
  measure: {
    kind: 'choice',
    choices: ['probability', 'margin', 'entropy'],
    default: 'probability',
    description:
      'What tells a sure answer: its probability, its lead over the second, or the entropy of all probabilities.',
  },
  leastKept: {
    kind: 'number',
    default: 0.1,
    min: 0,
    max: 1,
    description: 'Leave the model as it is where fewer rows than this share would be answered early.',
  },
  judge: {
    kind: 'choice',
    choices: ['labels', 'answers'],
    default: 'labels',
    description:
      'What the risk is about on rows with a label: labels counts rows that only the large model gets right, answers counts all rows where the two differ.',
  },
} as const;

/** 1 where taking the early answer costs something, 0 where not. Labelled rows: the late answer is right and the early one is not. Others
 *  (and all, for the judge "answers"): the two differ. Shapes: one class a row. */
export const lossesOf = (
  early: ArrayLike<number>,
  late: ArrayLike<number>,
  labels: readonly (number | null)[],
  judge: string,
): number[] =>
  labels.map((label, row) => {
    const differ = early[row] !== late[row];
    const right = label === null || judge === 'answers' || late[row] === label;
    return differ && right ? 1 : 0;
  });

/** A threshold for the early answers, or why there is none that is worth having. */
export const chooseThreshold = (
  early: Answers,
  late: Answers,
  sureness: Float32Array,
  rows: LearningRows,
  wanted: Aim,
): (Threshold & { readonly rows: number }) | string => {
  const labels = Array.from({ length: rows.count }, (_, row) => rows.label(row));
  const losses = lossesOf(bestOf(early), bestOf(late), labels, wanted.judge);
  const found = riskThreshold(
    losses.map((loss, row) => ({ loss, sureness: sureness[row]! })),
    wanted.risk,
    wanted.confidence,
  );
  if (found !== null && found.kept >= wanted.leastKept * rows.count) return { ...found, rows: rows.count };
  if (found !== null)
    return `only ${percent(found.kept / rows.count)} of the rows could be answered early at a risk of ${percent(wanted.risk)}, fewer than ${percent(wanted.leastKept)} (leastKept)`;
  const least = rowsForRisk(wanted.risk, wanted.confidence);
  const aim = `a risk of ${percent(wanted.risk)} with ${percent(wanted.confidence)} confidence`;
  return rows.count < least
    ? `${aim} takes ${least} validation rows at least, and there are ${rows.count}: give more, or allow a larger risk`
    : `no threshold keeps ${aim}: even the surest answers are too often worse`;
};

/** 0.0123 → "1.23 %". */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** "rows that only the large model gets right", in words. */
export const lossName = (rows: LearningRows, judge: string): string => {
  const labelled = Array.from({ length: rows.count }, (_, row) => rows.label(row)).some((label) => label !== null);
  return labelled && judge !== 'answers' ? 'rows answered wrongly that were right' : 'rows answered differently';
};
