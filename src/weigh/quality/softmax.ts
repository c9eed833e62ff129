/** One row of scores as probabilities. Rows that already are probabilities (none negative, sum 1 within 0.001) stay as they are.
 *  Shapes: `count` scores from `from`. */
export const probabilities = (scores: ArrayLike<number>, from: number, count: number): Float64Array => {
  const row = new Float64Array(count);
  let [sum, largest, least] = [0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let index = 0; index < count; index++) {
    const score = scores[from + index]!;
    row[index] = score;
    sum += score;
    largest = Math.max(largest, score);
    least = Math.min(least, score);
  }
  if (least >= 0 && Math.abs(sum - 1) <= 1e-3) return row;
  let total = 0;
  for (let index = 0; index < count; index++) total += row[index] = Math.exp(row[index]! - largest);
  return row.map((one) => one / total);
};
