import { cholesky } from './cholesky.ts';
import { addProduct, addProductRow, lanes } from './product.ts';
import { half, inverseOf, rangeFit, topOf } from './rtn.ts';
import type { Blocks, BlockScheme, Fit, Found } from './types.ts';

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
      return { table: unitTable(matrix, k), order, damping: share, diagonal: Float32Array.from(diagonal) };
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

/** Columns of the table that are applied at a time. */
const depth = 256;

/** Quantize a [rows, columns] matrix with GPTQ: rows in the order of the propagation, each after it took over the errors of those before
 *  it. Scales belong to blocks of neighbouring rows: in natural order they are fitted when the first row of a block is reached, on the rows
 *  as they are by then; in another order they are fitted beforehand on the original rows (static groups). Codes are final where they are
 *  made: nothing is rounded a second time.
 *  Shapes: as in `Blocks`; `diagonal` [rows], the importance of each row for the fit. Errors: none.
 *  Source: Frantar et al. 2022, GPTQ, algorithm 1, with lazy updates; static groups as in AutoGPTQ. */
export const propagate = (
  weight: Float32Array,
  columns: number,
  scheme: BlockScheme,
  { table, order }: Pick<Propagation, 'table' | 'order'>,
  fit: Fit = rangeFit(scheme),
  importance: Float32Array | null = null,
): Blocks => {
  const { blockSize } = scheme;
  const k = order.length;
  const blocks = Math.ceil(k / blockSize);
  const top = topOf(scheme);
  const natural = order.every((row, position) => row === position);
  const codes = new Uint8Array(k * columns);
  const scales = new Float32Array(blocks * columns);
  const zeros = new Uint8Array(blocks * columns);
  const panels = Math.ceil(columns / lanes);
  const size = k * lanes;
  const current = new Float64Array(panels * size);
  const errors = new Float64Array(panels * size);
  for (let position = 0; position < k; position++) {
    const at = order[position]! * columns;
    for (let column = 0; column < columns; column++)
      current[(column >> 2) * size + position * lanes + (column & 3)] = weight[at + column]!;
  }
  const values = new Float64Array(blockSize);
  const weights = new Float64Array(blockSize).fill(1);
  const found: Found = { scale: 1, zero: 0 };
  /** Fit one block on the values that `read` puts in place. */
  const fitBlock = (block: number, read: (first: number, count: number, column: number) => void): void => {
    const first = block * blockSize;
    const count = Math.min(k, first + blockSize) - first;
    if (importance !== null) for (let i = 0; i < count; i++) weights[i] = importance[first + i]!;
    for (let column = 0; column < columns; column++) {
      read(first, count, column);
      fit(values, count, weights, found, block);
      scales[block * columns + column] = found.scale;
      zeros[block * columns + column] = found.zero;
    }
  };
  if (!natural)
    for (let block = 0; block < blocks; block++)
      fitBlock(block, (first, count, column) => {
        for (let i = 0; i < count; i++) values[i] = weight[(first + i) * columns + column]!;
      });

  const lazy = Math.max(128, blockSize);
  const corner = new Float64Array(lazy * lazy);
  /** The rows of a block as the algorithm has them when it enters the block: what each row is to take over from the rows of its own block
   *  is as if those were not rounded at all. */
  const asEntered = (start: number) => (first: number, count: number, column: number) => {
    const base = (column >> 2) * size + (column & 3);
    for (let i = 0; i < count; i++) values[i] = current[base + (first + i) * lanes]!;
    for (let i = 0; i < count; i++) {
      const off = weight[(first + i) * columns + column]! - values[i]!;
      const spread = (first + i - start) * lazy + first - start;
      for (let r = i + 1; r < count; r++) values[r]! += corner[spread + r]! * off;
    }
  };
  for (let start = 0; start < k; start += lazy) {
    const end = Math.min(k, start + lazy);
    for (let from = 0; from < start; from += depth) {
      const to = Math.min(start, from + depth);
      for (let p = 0; p < panels; p++) {
        let j = start;
        for (; j + 2 <= end; j += 2) addProduct(table, k, j, from, to, errors, p * size, current, p * size);
        if (j < end) addProductRow(table, k, j, from, to, errors, p * size, current, p * size);
      }
    }
    // The table's corner of this block, column by column: how row i's error spreads inside the block.
    for (let j = start; j < end; j++)
      for (let i = start; i < j; i++) corner[(i - start) * lazy + (j - start)] = table[j * k + i]!;
    // In natural order blocks of scales are entered in turn; in another, all rows have their scales already.
    const step = natural ? blockSize : end - start;
    for (let entry = start; entry < end; entry += step) {
      if (natural) fitBlock(entry / blockSize, asEntered(start));
      const until = Math.min(end, entry + step);
      for (let p = 0; p < panels; p++) {
        const base = p * size;
        const width = Math.min(lanes, columns - p * lanes);
        for (let j = entry; j < until; j++) {
          const row = order[j]!;
          const at = Math.floor(row / blockSize) * columns + p * lanes;
          const here = base + j * lanes;
          for (let lane = 0; lane < width; lane++) {
            const scale = scales[at + lane]!;
            const zero = zeros[at + lane]!;
            let code = current[here + lane]! * inverseOf(scale) + half - half + zero;
            code = code < 0 ? 0 : code > top ? top : code;
            codes[row * columns + p * lanes + lane] = code;
            errors[here + lane] = weight[row * columns + p * lanes + lane]! - (code - zero) * scale;
          }
          const d0 = errors[here]!;
          const d1 = errors[here + 1]!;
          const d2 = errors[here + 2]!;
          const d3 = errors[here + 3]!;
          const spread = (j - start) * lazy - start;
          for (let r = j + 1; r < end; r++) {
            const share = corner[spread + r]!;
            const there = base + r * lanes;
            current[there]! += share * d0;
            current[there + 1]! += share * d1;
            current[there + 2]! += share * d2;
            current[there + 3]! += share * d3;
          }
        }
      }
    }
  }
  return { codes, scales, zeros };
};
