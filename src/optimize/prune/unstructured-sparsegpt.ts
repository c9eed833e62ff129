import { addProduct, addProductRow, lanes } from '../algebra/panels.ts';
import type { Propagation } from '../algebra/propagation.ts';
import { markPattern, type Pattern } from './unstructured-pattern.ts';

/** Rows whose weights are chosen together: what has to be known of them is fixed when the first of them is reached. */
const blockRows = 128;
/** Columns of the table that are applied at a time. */
const depth = 256;

/** Drop weights and let those of later rows make up for it. In blocks of 128 rows the weights that cost least, w² · V_jj², are chosen as they
 *  are when the block is reached (a group of N:M when the group is), set to zero row by row, and the error is handed on. With the table of
 *  GPTQ in V = U⁻¹ that is the same update as with the Cholesky factor U of H⁻¹, whose w² / U_jj² is the score here.
 *  Inputs that were always zero give up their weights first. A share of a layer is a share of each block.
 *  Shapes: weight [k, n] → [k, n]; `propagation` in natural order. Errors: none. Source: Frantar and Alistarh 2023, SparseGPT, algorithm 1. */
export const sparsify = (
  weight: Float32Array,
  n: number,
  { table, pivots, diagonal }: Pick<Propagation, 'table' | 'pivots' | 'diagonal'>,
  pattern: Pattern,
): Float32Array => {
  const k = pivots.length;
  const result = new Float32Array(k * n);
  const panels = Math.ceil(n / lanes);
  const size = k * lanes;
  const current = new Float64Array(panels * size);
  const errors = new Float64Array(panels * size);
  for (let row = 0; row < k; row++)
    for (let column = 0; column < n; column++)
      current[(column >> 2) * size + row * lanes + (column & 3)] = weight[row * n + column]!;
  const corner = new Float64Array(blockRows * blockRows);
  const dropped = new Uint8Array(blockRows * n);
  const values = new Float64Array(blockRows);

  /** Choose among rows first … first + count, of a block that began at `start`, as they are before any of them is touched. */
  const choose = (start: number, first: number, count: number): void => {
    const scores = new Float64Array(count * n);
    for (let column = 0; column < n; column++) {
      const base = (column >> 2) * size + (column & 3);
      for (let i = 0; i < count; i++) values[i] = current[base + (first + i) * lanes]!;
      for (let i = 0; i < count; i++) {
        const off = weight[(first + i) * n + column]! - values[i]!;
        const spread = (first + i - start) * blockRows + first - start;
        for (let r = i + 1; r < count; r++) values[r]! += corner[spread + r]! * off;
        const pivot = diagonal[first + i]! > 0 ? pivots[first + i]! : 0;
        scores[i * n + column] = (values[i]! * pivot) ** 2;
      }
    }
    markPattern(scores, n, pattern, dropped.subarray((first - start) * n, (first - start + count) * n));
  };

  for (let start = 0; start < k; start += blockRows) {
    const end = Math.min(k, start + blockRows);
    for (let from = 0; from < start; from += depth) {
      const to = Math.min(start, from + depth);
      for (let p = 0; p < panels; p++) {
        let j = start;
        for (; j + 2 <= end; j += 2) addProduct(table, k, j, from, to, errors, p * size, current, p * size);
        if (j < end) addProductRow(table, k, j, from, to, errors, p * size, current, p * size);
      }
    }
    for (let j = start; j < end; j++)
      for (let i = start; i < j; i++) corner[(i - start) * blockRows + (j - start)] = table[j * k + i]!;
    const step = pattern.kind === 'group' ? pattern.of : end - start;
    for (let entry = start; entry < end; entry += step) {
      const until = Math.min(end, entry + step);
      choose(start, entry, until - entry);
      for (let p = 0; p < panels; p++) {
        const base = p * size;
        const width = Math.min(lanes, n - p * lanes);
        for (let j = entry; j < until; j++) {
          const here = base + j * lanes;
          for (let lane = 0; lane < width; lane++) {
            const column = p * lanes + lane;
            const value = dropped[(j - start) * n + column] === 1 ? 0 : current[here + lane]!;
            result[j * n + column] = value;
            errors[here + lane] = weight[j * n + column]! - value;
          }
          const d0 = errors[here]!;
          const d1 = errors[here + 1]!;
          const d2 = errors[here + 2]!;
          const d3 = errors[here + 3]!;
          const spread = (j - start) * blockRows - start;
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
  return result;
};
