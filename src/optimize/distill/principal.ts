import { SteelyardError } from '../../contracts/index.ts';
import { symmetricEigen } from '../algebra/eigen.ts';

/** A matrix [rows, columns], row by row. */
export interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Rows that a second moment is taken of: enough for its directions. */
const mostRows = 8192;

/** a · b. Shapes: [r, k], [k, c] → [r, c]. */
export const product = (a: Matrix, b: Matrix): Matrix => {
  const values = new Float32Array(a.rows * b.columns);
  const sums = new Float64Array(b.columns);
  for (let row = 0; row < a.rows; row++) {
    sums.fill(0);
    for (let k = 0; k < a.columns; k++) {
      const factor = a.values[row * a.columns + k]!;
      if (factor === 0) continue;
      const from = k * b.columns;
      for (let column = 0; column < b.columns; column++) sums[column]! += factor * b.values[from + column]!;
    }
    values.set(sums, row * b.columns);
  }
  return { values, rows: a.rows, columns: b.columns };
};

/** [rows, columns] → [columns, rows]. */
export const flipped = ({ values, rows, columns }: Matrix): Matrix => {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return { values: result, rows: columns, columns: rows };
};

/** Only these columns, in this order. */
export const columnsOf = ({ values, rows, columns }: Matrix, picked: readonly number[]): Matrix => ({
  values: Float32Array.from(
    { length: rows * picked.length },
    (_, i) => values[Math.floor(i / picked.length) * columns + picked[i % picked.length]!]!,
  ),
  rows,
  columns: picked.length,
});

/** Only these rows, in this order. */
export const rowsOf = ({ values, columns }: Matrix, picked: readonly number[]): Matrix => {
  const result = new Float32Array(picked.length * columns);
  for (const [to, from] of picked.entries())
    result.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  return { values: result, rows: picked.length, columns };
};

/** The `rank` orthonormal directions that keep most of a table: table · B · Bᵀ is its best approximation of that rank.
 *  The mean over all columns is taken out of each row first, for the layer normalization behind an embedding does so anyway.
 *  Shapes: [rows, width] → B [width, rank]; rank ≤ width. Large tables: every n-th row counts, so that 8,192 do.
 *  Errors: `distill/table` (values that are not finite). Source: Eckart and Young 1936. */
export const principalDirections = ({ values, rows, columns }: Matrix, rank: number): Matrix => {
  const step = Math.max(1, Math.ceil(rows / mostRows));
  const moment = new Float64Array(columns * columns);
  const row = new Float64Array(columns);
  for (let at = 0; at < rows; at += step) {
    let mean = 0;
    for (let i = 0; i < columns; i++) mean += row[i] = values[at * columns + i]!;
    mean /= columns;
    for (let i = 0; i < columns; i++) row[i]! -= mean;
    for (let i = 0; i < columns; i++) {
      const factor = row[i]!;
      for (let j = 0; j <= i; j++) moment[i * columns + j]! += factor * row[j]!;
    }
  }
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) moment[j * columns + i] = moment[i * columns + j]!;
  const eigen = symmetricEigen(moment, columns);
  if (eigen === null)
    throw new SteelyardError('distill/table', 'the word table holds values too large to find its directions');
  const { vectors } = eigen;
  const kept: Matrix = {
    values: Float32Array.from(vectors.subarray(0, rank * columns)),
    rows: rank,
    columns,
  };
  return flipped(kept);
};

/** Positions of the largest scores, in rising order; equal scores: the first. */
export const largest = (scores: ArrayLike<number>, count: number): number[] =>
  Array.from({ length: scores.length }, (_, i) => i)
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);

/** ‖column‖₂ of each column. */
export const columnNorms = ({ values, rows, columns }: Matrix): Float64Array => {
  const norms = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) norms[column]! += values[row * columns + column]! ** 2;
  return norms.map(Math.sqrt);
};

/** ‖row‖₂ of each row. */
export const rowNorms = ({ values, rows, columns }: Matrix): Float64Array => {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) norms[row]! += values[row * columns + column]! ** 2;
  return norms.map(Math.sqrt);
};
