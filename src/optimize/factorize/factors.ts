import { cholesky } from '../algebra/cholesky.ts';
import { symmetricEigen } from '../algebra/eigen.ts';
import { timesTransposed, transposed64 } from '../algebra/product.ts';
import { solveTransposed } from '../algebra/triangular.ts';
import { rankFor, tailsOf } from './tails.ts';

export interface FactorsInput {
  /** [k, n] row-major. */
  readonly weight: Float32Array;
  /** Σ xᵀx over real inputs [k, k]; null: every input counts the same (plain singular values). Any factor on it changes nothing. */
  readonly gram: Float32Array | null;
  readonly k: number;
  readonly n: number;
  /** Added to the gram's diagonal as a share of its mean; ten times more after each failure. */
  readonly damping: number;
  /** Column after the last one of each part: parts count the same whatever their size. [n] for one part. */
  readonly parts: Int32Array;
  /** The largest rank of interest: a multiple of `rankStep`, at most min(k, n). */
  readonly most: number;
  /** The rank is the smallest one that keeps the relative error to this; null: it is `most`. */
  readonly error: number | null;
}

export interface Factors {
  /** [k, rank]. Of no columns when no rank up to `most` keeps the error. */
  readonly left: Float32Array;
  /** [rank, n]. */
  readonly right: Float32Array;
  readonly rank: number;
  /** tails[i]: squared relative output error that rank i · rankStep leaves, up to `most`. */
  readonly tails: Float64Array;
  /** False when weight or gram hold NaN or infinity: the rest means nothing. */
  readonly finite: boolean;
}

const notFinite: Factors = {
  left: new Float32Array(0),
  right: new Float32Array(0),
  rank: 0,
  tails: new Float64Array(0),
  finite: false,
};

/** G + λI as float64, or its Cholesky factor where that is asked for; null when G holds NaN or infinity. */
const dampedGram = (gram: Float32Array, k: number, damping: number, factored: boolean): Float64Array | null => {
  let mean = 0;
  for (let i = 0; i < k; i++) mean += gram[i * k + i]! / k;
  if (!Number.isFinite(mean)) return null;
  // Inputs that were always zero say nothing: all directions count the same.
  if (mean === 0) mean = 1;
  for (let share = damping; ; share = Math.max(share * 10, 1e-6)) {
    const matrix = new Float64Array(gram);
    for (let i = 0; i < k; i++) matrix[i * k + i]! += share * mean;
    if (!factored || cholesky(matrix, k)) return matrix;
    if (share >= 1) return null;
  }
};

/** Lᵀ as [k, k], zeros below the diagonal. */
const upperOf = (lower: Float64Array, k: number): Float64Array => {
  const upper = transposed64(lower, k, k);
  for (let i = 1; i < k; i++) upper.fill(0, i * k, i * k + i);
  return upper;
};

/** Σ over a part's columns of the squared size → one factor per column that gives every part the size 1. */
const partScales = (columnSquares: Float64Array, parts: Int32Array): Float64Array => {
  const scales = new Float64Array(columnSquares.length);
  let from = 0;
  for (const to of parts) {
    let sum = 0;
    for (let column = from; column < to; column++) sum += Math.max(0, columnSquares[column]!);
    scales.fill(sum > 0 ? 1 / Math.sqrt(sum) : 1, from, to);
    from = to;
  }
  return scales;
};

const scaleColumns = (matrix: Float64Array, columns: number, scales: Float64Array): void => {
  for (let at = 0; at < matrix.length; at += columns)
    for (let column = 0; column < columns; column++) matrix[at + column]! *= scales[column]!;
};

/** Columns of the left and rows of the right factor get the same size: what is rounded later is rounded alike. */
const balanced = (left: Float64Array, right: Float64Array, k: number, n: number, rank: number): void => {
  const sizes = new Float64Array(rank);
  for (let i = 0; i < k; i++) for (let r = 0; r < rank; r++) sizes[r]! += left[i * rank + r]! ** 2;
  for (let r = 0; r < rank; r++) {
    let size = 0;
    for (let j = 0; j < n; j++) size += right[r * n + j]! ** 2;
    const by = sizes[r]! > 0 && size > 0 ? Math.sqrt(Math.sqrt(size / sizes[r]!)) : 1;
    sizes[r] = by;
    for (let j = 0; j < n; j++) right[r * n + j]! /= by;
  }
  for (let i = 0; i < k; i++) for (let r = 0; r < rank; r++) left[i * rank + r]! *= sizes[r]!;
};

/** Squared size of each column of a matrix with these rows. */
const columnSquares = (matrix: Float64Array, columns: number): Float64Array => {
  const squares = new Float64Array(columns);
  for (let at = 0; at < matrix.length; at += columns)
    for (let column = 0; column < columns; column++) squares[column]! += matrix[at + column]! ** 2;
  return squares;
};

type Pair = readonly [left: Float64Array, right: Float64Array, rank: number, tails: Float64Array];

/** k ≤ n: M = LᵀW (M = W without a gram), M·Mᵀ = U·Σ²·Uᵀ, left = L⁻ᵀ·U, right = Uᵀ·M. Nothing is divided by a singular value. */
const wide = (input: FactorsInput): Pair | null => {
  const { weight, gram, k, n, damping, parts, most, error } = input;
  const lower = gram === null ? null : dampedGram(gram, k, damping, true);
  if (gram !== null && lower === null) return null;
  let m: Float64Array = new Float64Array(weight);
  if (lower !== null) m = timesTransposed(upperOf(lower, k), k, transposed64(m, k, n), n, k);
  const scales = partScales(columnSquares(m, n), parts);
  scaleColumns(m, n, scales);
  const eigen = symmetricEigen(timesTransposed(m, k, m, k, n, true), k);
  if (eigen === null) return null;
  const tails = tailsOf(eigen.values, most);
  const rank = error === null ? most : rankFor(tails, error);
  const rows = eigen.vectors.subarray(0, rank * k);
  const left = transposed64(rows.slice(), rank, k);
  if (lower !== null) solveTransposed(lower, k, left, rank);
  const right = timesTransposed(rows, rank, transposed64(m, k, n), n, k);
  scaleColumns(
    right,
    n,
    scales.map((scale) => 1 / scale),
  );
  return [left, right, rank, tails];
};

/** n < k: Wᵀ(G + λI)W = V·Σ²·Vᵀ, left = W·V, right = Vᵀ: the same product without a factor of G, because L⁻ᵀ·U·Σ = W·V. */
const tall = (input: FactorsInput): Pair | null => {
  const { weight, gram, k, n, damping, parts, most, error } = input;
  const matrix = gram === null ? null : dampedGram(gram, k, damping, false);
  if (gram !== null && matrix === null) return null;
  const columns = transposed64(weight, k, n);
  const weighted = matrix === null ? columns : timesTransposed(columns, n, matrix, k, k);
  const second = timesTransposed(columns, n, weighted, n, k, true);
  const scales = partScales(
    Float64Array.from({ length: n }, (_, i) => second[i * n + i]!),
    parts,
  );
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) second[i * n + j]! *= scales[i]! * scales[j]!;
  const eigen = symmetricEigen(second, n);
  if (eigen === null) return null;
  const tails = tailsOf(eigen.values, most);
  const rank = error === null ? most : rankFor(tails, error);
  const right = eigen.vectors.slice(0, rank * n);
  const scaled = right.slice();
  scaleColumns(scaled, n, scales);
  const left = timesTransposed(new Float64Array(weight), k, scaled, rank, n);
  scaleColumns(
    right,
    n,
    scales.map((scale) => 1 / scale),
  );
  return [left, right, rank, tails];
};

/** The pair of matrices whose product stands in for a weight with the least error on real inputs, min ‖X·(W − left·right)‖, for a rank or
 *  for an error. The first r columns and rows are the best pair of rank r.
 *  Shapes: as stated. Units: errors are shares of ‖X·W‖, over all parts together when there are several. Errors: none.
 *  Source: Eckart and Young 1936, on LᵀW with XᵀX + λI = L·Lᵀ; the idea of SVD-LLM (Wang et al. 2024). */
export const factorsOf = (input: FactorsInput): Factors => {
  const { k, n } = input;
  const found = k <= n ? wide(input) : tall(input);
  if (found === null) return { ...notFinite };
  const [left, right, rank, tails] = found;
  balanced(left, right, k, n, rank);
  return { left: new Float32Array(left), right: new Float32Array(right), rank, tails, finite: true };
};
