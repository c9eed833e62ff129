import { cholesky } from './cholesky.ts';

/** How errors of one input spread to the ones that come after it. */
export interface Propagation {
  /** [k, k] row-major, lower triangle: element (j, i), i < j, says how much of row i's error row j takes over. Rows and columns are in
   *  processing order. */
  readonly table: Float32Array;
  /** Processing order: order[position] = row of the weight. */
  readonly order: Int32Array;
  /** The damping that was needed, as a share of the mean diagonal. */
  readonly damping: number;
  /** Second moment of each input, as scaled, in the weight's own order [k]. */
  readonly diagonal: Float32Array;
  /** V_jj in processing order [k]: an error of row j that no later row makes up for costs V_jj² times its square. */
  readonly pivots: Float32Array;
}

export interface FactorInput {
  /** Σ xᵀx over calibration rows, [k, k]. Any factor on it changes nothing. */
  readonly gram: Float32Array;
  readonly k: number;
  /** Added to the diagonal as a share of its mean; ten times more after each failure. */
  readonly damping: number;
  /** Rows with the largest second moment first; otherwise in their own order. */
  readonly actOrder: boolean;
  /** Inputs are divided by these before the product, [k]; null: by 1. */
  readonly inputScale: Float32Array | null;
}

/** Positions by falling diagonal; equal ones keep their order. */
const orderOf = (diagonal: Float64Array, actOrder: boolean): Int32Array => {
  const order = Int32Array.from(diagonal, (_, i) => i);
  return actOrder ? order.sort((a, b) => diagonal[b]! - diagonal[a]! || a - b) : order;
};

/** The error propagation of GPTQ from inputs' second moments. With H = V·Vᵀ, V upper triangular, GPTQ's update with the Cholesky factor
 *  U of H⁻¹ = Uᵀ·U says: before row j is rounded it takes over Σ_{i<j} (V_ij / V_jj) · (w_i − q_i), w the original row and q its rounded
 *  form, because V = U⁻¹. So one factorization, of H read backwards, is all there is to do: nothing is inverted.
 *  Inputs that were always zero get the mean diagonal: they neither take nor give. Answers null when even a damping of 1 leaves H not
 *  positive definite: it holds NaN or infinity.
 *  Shapes: gram [k, k] → table [k, k] lower. Source: Frantar et al. 2022, GPTQ, algorithm 1; Chen et al. 2025 for the equivalence. */
export const factor = ({ gram, k, damping, actOrder, inputScale }: FactorInput): Propagation | null => {
  const diagonal = new Float64Array(k);
  let mean = 0;
  for (let i = 0; i < k; i++) {
    const by = inputScale === null ? 1 : inputScale[i]!;
    diagonal[i] = gram[i * k + i]! / (by * by);
    mean += diagonal[i]! / k;
  }
  if (!Number.isFinite(mean)) return null;
  if (mean === 0) mean = 1;
  const order = orderOf(diagonal, actOrder);
  const matrix = new Float64Array(k * k);
  for (let share = damping; ; share = Math.max(share * 10, 1e-4)) {
    for (let a = 0; a < k; a++) {
      const row = order[k - 1 - a]!;
      const by = inputScale === null ? 1 : inputScale[row]!;
      for (let b = 0; b <= a; b++) {
        const column = order[k - 1 - b]!;
        const value = gram[row * k + column]!;
        matrix[a * k + b] = inputScale === null ? value : value / (by * inputScale[column]!);
      }
      if (diagonal[row] === 0) matrix[a * k + a] = mean;
      matrix[a * k + a]! += share * mean;
    }
    if (cholesky(matrix, k))
      return {
        table: unitTable(matrix, k),
        order,
        damping: share,
        diagonal: Float32Array.from(diagonal),
        pivots: Float32Array.from({ length: k }, (_, j) => matrix[(k - 1 - j) * (k + 1)]!),
      };
    if (share >= 1) return null;
  }
};

/** L of the matrix read backwards → the table: (j, i) = L[k−1−i, k−1−j] / L[k−1−j, k−1−j], in tiles that stay in the cache. */
const unitTable = (factored: Float64Array, k: number): Float32Array => {
  const table = new Float32Array(new SharedArrayBuffer(k * k * 4));
  const inverse = new Float64Array(k);
  for (let j = 0; j < k; j++) inverse[j] = 1 / factored[(k - 1 - j) * (k + 1)]!;
  const tile = 32;
  for (let top = 0; top < k; top += tile)
    for (let left = 0; left <= top; left += tile) {
      const bottom = Math.min(k, top + tile);
      const right = Math.min(k, left + tile);
      for (let j = top; j < bottom; j++)
        for (let i = left; i < right && i < j; i++)
          table[j * k + i] = factored[(k - 1 - i) * k + (k - 1 - j)]! * inverse[j]!;
    }
  return table;
};
