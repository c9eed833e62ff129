import { type Example, type Judging, type MetricSpec } from '../../../contracts/index.ts';
import { pearson } from '../../../statistics/index.ts';
import { weightedSpearman } from './ranks.ts';
import { share, summing } from './sums.ts';

const correlations: readonly MetricSpec[] = [
  {
    id: 'spearman',
    title: 'Rank correlation',
    unit: 'score',
    better: 'higher',
    versus: 'difference',
    definition:
      'Correlation of the ranks of given and right numbers, −1 to 1; equal numbers share their mean rank (Spearman 1904).',
  },
  {
    id: 'pearson',
    title: 'Linear correlation',
    unit: 'score',
    better: 'higher',
    versus: 'difference',
    definition: 'Linear correlation of given and right numbers, −1 to 1 (Pearson 1895).',
  },
];
const errors: readonly MetricSpec[] = [
  {
    id: 'rmse',
    title: 'Root mean squared error',
    unit: 'score',
    better: 'lower',
    versus: 'ratio',
    definition: 'Root of the mean squared difference between given and right numbers, in their own unit.',
  },
  {
    id: 'mae',
    title: 'Mean absolute error',
    unit: 'score',
    better: 'lower',
    versus: 'ratio',
    definition: 'Mean absolute difference between given and right numbers, in their own unit.',
  },
  {
    id: 'r2',
    title: 'Explained variance',
    unit: 'score',
    better: 'higher',
    versus: 'difference',
    definition:
      '1 − squared error ÷ squared distance from the mean of the right numbers: 1 is perfect, 0 no better than their mean (scikit-learn, r2_score).',
  },
];
export const numberMetrics: readonly MetricSpec[] = [...errors, ...correlations];

const numberOf = ({ gold }: Example): number | null => (typeof gold === 'number' ? gold : null);

const columnsOf = (examples: readonly Example[], scores: Float32Array) => {
  const rows = [...examples.keys()].filter((row) => numberOf(examples[row]!) !== null);
  return {
    rows,
    truth: Float64Array.from(rows, (row) => numberOf(examples[row]!)!),
    given: Float64Array.from(rows, (row) => scores[row]!),
  };
};

/** One number per example. R² of right numbers that are all the same is 1 when they are met and 0 otherwise. */
export const judgeNumbers: Judging = {
  metrics: numberMetrics,
  check: () => undefined,
  judge(examples, { scores }) {
    const { rows, truth, given } = columnsOf(examples, scores);
    // Around their mean, so that large numbers cost no digits.
    const center = truth.reduce((sum, one) => sum + one, 0) / Math.max(1, truth.length);
    const counts = new Float64Array(rows.length * 5);
    for (const at of rows.keys()) {
      const [y, error] = [truth[at]! - center, given[at]! - truth[at]!];
      counts.set([1, y, y * y, Math.abs(error), error * error], at * 5);
    }
    const rank = weightedSpearman(truth, given);
    const summed = summing(counts, 5);
    return {
      rows,
      values(weights) {
        const [n, sum, squares, absolute, squared] = summed(weights) as unknown as [
          number,
          number,
          number,
          number,
          number,
        ];
        const spread = squares - (sum * sum) / n;
        const r2 = spread > 0 ? 1 - squared / spread : squared === 0 ? 1 : 0;
        return Float64Array.of(
          Math.sqrt(share(squared, n)),
          share(absolute, n),
          r2,
          rank(weights),
          pearson(truth, given, weights) || 0,
        );
      },
    };
  },
};

/** Likeness of two texts against the right numbers, whose scale is their own: only correlations say something. */
export const judgeLikeness: Judging = {
  metrics: correlations,
  check: () => undefined,
  judge(examples, { scores }) {
    const { rows, truth, given } = columnsOf(examples, scores);
    const rank = weightedSpearman(truth, given);
    return { rows, values: (weights) => Float64Array.of(rank(weights), pearson(truth, given, weights) || 0) };
  },
};
