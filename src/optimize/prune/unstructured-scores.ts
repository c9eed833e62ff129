/** What each weight is worth: |w|, or |w| · ‖x‖ of its input (Wanda).
 *  Shapes: weight [k, n]; squares [k], Σ x² of each input over real data, null for |w| alone → [k, n].
 *  Source: Sun et al. 2023, Wanda, equation 1. */
export const scoresOf = (weight: Float32Array, n: number, squares: Float64Array | null): Float64Array => {
  const scores = new Float64Array(weight.length);
  for (let row = 0, at = 0; at < weight.length; row++) {
    const size = squares === null ? 1 : Math.sqrt(squares[row]!);
    for (let column = 0; column < n; column++, at++) scores[at] = Math.abs(weight[at]!) * size;
  }
  return scores;
};
