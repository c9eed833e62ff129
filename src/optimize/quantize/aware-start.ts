import { elementCount } from '../../model/tensor/index.ts';

/** Adding and subtracting 1.5 · 2^52 rounds a double of magnitude < 2^51 to the nearest integer, ties to even. */
const half = 6755399441055744;

const smallest = 1.1754943508222875e-38;

/** Shares of the full range that a starting scale is tried at. */
const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3];

/** Scales of a [k, n] matrix in blocks of rows from which training starts: the share of the full range with the least squared error. The
 *  sign is that of the value of largest magnitude, which the one code more on the negative side can then reach. A block of zeros gets 1.
 *  Shapes: [k, n] → [ceil(k / blockSize), n]. Units: real value per step. */
export const startInBlocks = (matrix: Float32Array, n: number, blockSize: number, bits: number): Float32Array => {
  const k = matrix.length / n;
  const blocks = Math.ceil(k / blockSize);
  const [low, high] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const scales = new Float32Array(blocks * n);
  for (let block = 0; block < blocks; block++) {
    const [first, last] = [block * blockSize, Math.min(k, (block + 1) * blockSize)];
    for (let column = 0; column < n; column++) {
      let most = 0;
      for (let row = first; row < last; row++) {
        const value = matrix[row * n + column]!;
        if (Math.abs(value) > Math.abs(most)) most = value;
      }
      let [best, least] = [1, Number.POSITIVE_INFINITY];
      for (const share of Math.abs(most / low) < smallest ? [] : shares) {
        const scale = Math.fround((most / low) * share);
        let error = 0;
        for (let row = first; row < last; row++) {
          const value = matrix[row * n + column]!;
          const code = value / scale + half - half;
          error += (value - (code < low ? low : code > high ? high : code) * scale) ** 2;
        }
        if (error < least) [best, least] = [scale, error];
      }
      scales[block * n + column] = best;
    }
  }
  return scales;
};

/** Scales over the full range of a [k, n] matrix, per column or one for all: where 8 bits start. A column of zeros gets 1.
 *  Shapes: [n] or [1]. */
export const startInColumns = (matrix: Float32Array, n: number, perChannel: boolean, top: number): Float32Array => {
  const scales = new Float32Array(perChannel ? n : 1);
  for (let i = 0; i < matrix.length; i++) {
    const at = perChannel ? i % n : 0;
    scales[at] = Math.max(scales[at]!, Math.abs(matrix[i]!));
  }
  return scales.map((most) => (most / top < smallest ? 1 : most / top));
};

/** How many values share one scale, on average. */
export const valuesPerScale = (dims: readonly number[], scales: number): number => elementCount(dims) / scales;
