/** Sums of counts over rows that count `weights[i]` times each; absent: once. Shapes: counts [rows, width] → [width]. */
export const weightedSums = (counts: Float64Array, width: number, weights?: ArrayLike<number>): Float64Array => {
  const sums = new Float64Array(width);
  const rows = counts.length / width;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    for (let at = 0; at < width; at++) sums[at]! += weight * counts[row * width + at]!;
  }
  return sums;
};

/** How much all rows weigh. */
export const totalOf = (rows: number, weights?: ArrayLike<number>): number => {
  if (weights === undefined) return rows;
  let total = 0;
  for (let row = 0; row < rows; row++) total += weights[row]!;
  return total;
};

/** The harmonic mean of precision and recall from counts: 2·right / (given + true); 0 when there is neither. */
export const f1Of = (right: number, given: number, truth: number): number =>
  given + truth === 0 ? 0 : (2 * right) / (given + truth);

/** a ÷ b, and 0 for nothing of nothing. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
