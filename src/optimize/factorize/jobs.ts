import { symmetricEigen } from '../algebra/eigen.ts';
import { timesTransposed, transposed64 } from '../algebra/product.ts';
import { rankFor, tailsOf } from './tails.ts';

export { factorsOf } from './factors.ts';

/** Σ w·tᵀt over some rows of a table, its lower triangle. Shapes: rows [m, width], weights [m] or null for 1 → [width, width]. */
export const scatterJob = ({
  rows,
  width,
  weights,
}: {
  readonly rows: Float32Array;
  readonly width: number;
  readonly weights: Float32Array | null;
}): { readonly sum: Float64Array } => {
  const count = rows.length / width;
  const columns = transposed64(rows, count, width);
  if (weights === null) return { sum: timesTransposed(columns, width, columns, width, count, true) };
  const weighted = columns.slice();
  for (let column = 0; column < width; column++)
    for (let row = 0; row < count; row++) weighted[column * count + row]! *= weights[row]!;
  return { sum: timesTransposed(weighted, width, columns, width, count, true) };
};

/** The directions that hold most of a table. Shapes: matrix [width, width], its lower triangle → basis [rank, width], orthonormal rows;
 *  tails null: the matrix held NaN or infinity. */
export const basisJob = ({
  matrix,
  width,
  most,
  error,
}: {
  readonly matrix: Float64Array;
  readonly width: number;
  readonly most: number;
  readonly error: number | null;
}): { readonly basis: Float32Array; readonly rank: number; readonly tails: Float64Array | null } => {
  const eigen = symmetricEigen(matrix.slice(), width);
  if (eigen === null) return { basis: new Float32Array(0), rank: 0, tails: null };
  const tails = tailsOf(eigen.values, most);
  const rank = error === null ? most : rankFor(tails, error);
  return { basis: new Float32Array(eigen.vectors.subarray(0, rank * width)), rank, tails };
};

/** Rows of a table in terms of a basis. Shapes: rows [m, width], basis [rank, width] → [m, rank]. */
export const projectJob = ({
  rows,
  width,
  basis,
  rank,
}: {
  readonly rows: Float32Array;
  readonly width: number;
  readonly basis: Float32Array;
  readonly rank: number;
}): { readonly projected: Float32Array } => ({
  projected: new Float32Array(
    timesTransposed(new Float64Array(rows), rows.length / width, new Float64Array(basis), rank, width),
  ),
});
