import type { LogRows } from './log-probabilities.ts';

/** Temperatures outside say that no temperature fits (all answers right, or answers no better than chance). */
export const temperatureRange = [0.05, 20] as const;

export interface Temperature {
  /** Scores are divided by it before softmax: above 1 the model was too sure. */
  readonly value: number;
  /** Per fitted row, at the fitted temperature: slope and curvature of its loss by 1 / temperature. What a bootstrap needs for one
   *  Newton step instead of a new fit. */
  readonly slopes: Float64Array;
  readonly curvatures: Float64Array;
}

/** Slope E_p[l] − l_y and curvature Var_p[l] of −ln p_y by β, where p ∝ exp(β·l). */
const derivatives = (row: Float64Array, truth: number, beta: number): readonly [number, number] => {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) largest = Math.max(largest, beta * value);
  let [total, sum, squares] = [0, 0, 0];
  for (const value of row) {
    const p = Math.exp(beta * value - largest);
    total += p;
    sum += p * value;
    squares += p * value * value;
  }
  const center = sum / total;
  return [center - row[truth]!, Math.max(0, squares / total - center * center)];
};

/** The temperature with the least loss −ln p on these rows, or null when it lies outside 0.05 to 20. The loss is convex in 1 / temperature:
 *  Newton's method, bisection where it would leave the bracket. Source: Guo et al. 2017, §4.2. */
export const fitTemperature = (
  scores: LogRows,
  rows: readonly number[],
  truth: ArrayLike<number>,
): Temperature | null => {
  if (rows.length === 0) return null;
  const row = new Float64Array(scores.classes);
  const slopes = new Float64Array(rows.length);
  const curvatures = new Float64Array(rows.length);
  const at = (beta: number): readonly [number, number] => {
    let [slope, curvature] = [0, 0];
    for (const [index, one] of rows.entries()) {
      scores.read(one, row);
      const [first, second] = derivatives(row, truth[one]!, beta);
      slopes[index] = first;
      curvatures[index] = second;
      slope += first;
      curvature += second;
    }
    return [slope, curvature];
  };
  let [low, high]: [number, number] = [1 / temperatureRange[1], 1 / temperatureRange[0]];
  if (at(low)[0] >= 0 || at(high)[0] <= 0) return null;
  let beta = 1;
  for (let step = 0; step < 60; step++) {
    const [slope, curvature] = at(beta);
    if (slope > 0) high = beta;
    else low = beta;
    const newton = beta - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const done = Math.abs(next - beta) < 1e-10 * beta;
    beta = next;
    if (done) break;
  }
  at(beta);
  return { value: 1 / beta, slopes, curvatures };
};

/** Probability of the given answer after division by a temperature. */
export const temperedConfidence = (row: Float64Array, answer: number, temperature: number): number => {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) largest = Math.max(largest, value);
  let total = 0;
  for (const value of row) total += Math.exp((value - largest) / temperature);
  return Math.exp((row[answer]! - largest) / temperature) / total;
};
