/** Sums of counts over rows that count `weights[i]` times each; absent: once. Most counts are 0: only the others are looked at.
 *  Shapes: counts [rows, width] → [width]. */
export const summing = (counts: Float64Array, width: number): ((weights?: ArrayLike<number>) => Float64Array) => {
  const rows = width === 0 ? 0 : counts.length / width;
  const ends = new Int32Array(rows);
  const places: number[] = [];
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] !== 0) places.push(at);
    if ((at + 1) % width === 0) ends[(at + 1) / width - 1] = places.length;
  }
  const columns = Int32Array.from(places, (at) => at % width);
  const values = Float64Array.from(places, (at) => counts[at]!);
  return (weights) => {
    const sums = new Float64Array(width);
    for (let row = 0, at = 0; row < rows; row++) {
      const weight = weights === undefined ? 1 : weights[row]!;
      const end = ends[row]!;
      if (weight === 0) at = end;
      for (; at < end; at++) sums[columns[at]!]! += weight * values[at]!;
    }
    return sums;
  };
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
