// What versions of a model answer, and how far their answers are from each other.
import { seeded, bootstrap, type Pairs } from '../src/statistics/index.ts';
import type { Example, Predictions, Task } from '../src/contracts/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { predict } from '../src/weigh/tasks/index.ts';
import { benchContext, type Variant } from './latency.ts';
import type { Ratio } from './table.ts';

/** Ask a version for all examples, one at a time: a version that quantizes at run time takes one scale for a whole batch. */
export const ask = async (variant: Variant, task: Task, examples: readonly Example[]): Promise<Predictions> => {
  const session = await openSession(variant.path, variant.session ?? {});
  try {
    return await predict(task, session, examples, { batchSize: 1, context: benchContext() });
  } finally {
    await session.close();
  }
};

/** Squared distance from the reference per example, and the reference's squared length. */
export interface Distances {
  readonly squares: Float64Array;
  readonly sizes: Float64Array;
}

export const distances = (reference: Predictions, other: Predictions): Distances => {
  const rows = reference.predicted.length;
  const classes = reference.labels.length;
  const squares = new Float64Array(rows);
  const sizes = new Float64Array(rows);
  for (let row = 0; row < rows; row++)
    for (let at = row * classes; at < (row + 1) * classes; at++) {
      squares[row]! += (other.scores[at]! - reference.scores[at]!) ** 2;
      sizes[row]! += reference.scores[at]! ** 2;
    }
  return { squares, sizes };
};

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** ‖y − y′‖₂ / ‖y‖₂ over all examples. */
export const relativeError = ({ squares, sizes }: Distances): number => Math.sqrt(sum(squares) / sum(sizes));

/** One version's error over another's, with its interval: bootstrap over examples, both on the same draws. */
export const errorRatio = (mine: Distances, theirs: Distances): Ratio => {
  const weighted = (weights: Int32Array, values: Float64Array): number => {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i]! * values[i]!;
    return total;
  };
  // Against a version without any error no ratio can be drawn: alike, or infinitely worse.
  if (sum(theirs.squares) === 0) {
    const value = sum(mine.squares) === 0 ? 1 : Number.POSITIVE_INFINITY;
    return { value, low: value, high: value };
  }
  const statistic = (weights: Int32Array): number => {
    const [above, below] = [weighted(weights, mine.squares), weighted(weights, theirs.squares)];
    return above === below ? 1 : Math.sqrt(above / below);
  };
  const rows = mine.squares.length;
  const { low, high } = bootstrap(rows, statistic, { confidence: 0.95, random: seeded(1, 'errors'), replicates: 1000 });
  return { value: statistic(new Int32Array(rows).fill(1)), low, high };
};

/** Right answers as class indices. */
export const truthOf = (task: Task, examples: readonly Example[]): Int32Array =>
  Int32Array.from(examples, ({ label }) => task.labels.indexOf(label ?? ''));

export interface Compared {
  readonly accuracy: number;
  readonly flips: number;
  /** Against the reference: right answers lost and won. */
  readonly pairs: Pairs;
}

export const compareAnswers = (truth: Int32Array, reference: Predictions, other: Predictions): Compared => {
  let [right, changed, b, c] = [0, 0, 0, 0];
  for (const [row, wanted] of truth.entries()) {
    const [before, after] = [reference.predicted[row]!, other.predicted[row]!];
    if (after === wanted) right++;
    if (before !== after) changed++;
    if (before === wanted && after !== wanted) b++;
    if (before !== wanted && after === wanted) c++;
  }
  const n = truth.length;
  return { accuracy: right / n, flips: changed / n, pairs: { b, c, n } };
};
