import { addProduct, addProductRow, lanes } from '../../algebra/panels.ts';
import type { Propagation } from '../../algebra/propagation.ts';
import { half, inverseOf, rangeFit, topOf } from './rtn.ts';
import type { Blocks, BlockScheme, Fit, Found } from './types.ts';

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
