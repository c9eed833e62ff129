import type { Predictions } from '../../contracts/index.ts';

/** Rows of scores as natural logarithms of probabilities, one at a time. */
export interface LogRows {
  readonly rows: number;
  readonly classes: number;
  /** Writes one row into `into`, in float64. */
  read(row: number, into: Float64Array): void;
}

/** ln of the smallest float32 above 0: what a probability that a model gives as 0 counts as. */
const least = Math.log(2 ** -149);

/** A version's scores as log-probabilities. Scores are taken as probabilities when every row is one (none negative, sum 1 within 0.001), else as
 *  logits: one row of logits that sums to 1 by chance does not change how it is read. Softmax is taken in float64. */
export const logRows = ({ scores, labels }: Pick<Predictions, 'scores' | 'labels'>): LogRows => {
  const classes = labels.length;
  const rows = classes === 0 ? 0 : scores.length / classes;
  let given = true;
  for (let row = 0; row < rows && given; row++) {
    let sum = 0;
    for (let at = row * classes; at < (row + 1) * classes; at++) {
      sum += scores[at]!;
      if (!(scores[at]! >= 0)) given = false;
    }
    if (Math.abs(sum - 1) > 1e-3) given = false;
  }
  const read = (row: number, into: Float64Array): void => {
    const from = row * classes;
    if (given) {
      for (let k = 0; k < classes; k++) into[k] = scores[from + k]! > 0 ? Math.log(scores[from + k]!) : least;
      return;
    }
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, scores[from + k]!);
    let total = 0;
    for (let k = 0; k < classes; k++) total += Math.exp(scores[from + k]! - largest);
    const rest = Math.log(total);
    for (let k = 0; k < classes; k++) into[k] = scores[from + k]! - largest - rest;
  };
  return { rows, classes, read };
};
