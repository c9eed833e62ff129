import { codesOf, parametersOf } from '../../calibrate/index.ts';
import { quantizeMatrix } from '../arithmetic.ts';

/** Adding and subtracting 1.5 · 2^52 rounds a double to the nearest integer, ties to even. */
const half = 6755399441055744;

/** s_j = max|X_j|^α / max|W_j|^(1−α), their geometric mean 1; 1 where a channel is all zeros or not finite.
 *  Source: SmoothQuant (Xiao et al. 2023), equation 4. */
export const smoothingFactors = (activations: Float32Array, weights: Float32Array, alpha: number): Float32Array => {
  const factors = activations.map((size, i) => size ** alpha / weights[i]! ** (1 - alpha));
  const usable = (factor: number): boolean => factor > 0 && factor < Number.POSITIVE_INFINITY;
  let logs = 0;
  let count = 0;
  for (const factor of factors)
    if (usable(factor)) {
      logs += Math.log(factor);
      count++;
    }
  const mean = count === 0 ? 1 : Math.exp(logs / count);
  return factors.map((factor) => (usable(factor) ? Math.min(1e4, Math.max(1e-4, factor / mean)) : 1));
};

/** [rows, inner] · [inner, columns]. */
export const multiplied = (left: Float32Array, right: Float32Array, inner: number, columns: number): Float32Array => {
  const rows = left.length / inner;
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const out = result.subarray(row * columns, (row + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k]!;
      if (factor === 0) continue;
      const at = k * columns;
      for (let column = 0; column < columns; column++) out[column]! += factor * right[at + column]!;
    }
  }
  return result;
};

/** Rows divided by `factors` and rounded to uint8 codes over their common range, in the original scale again. */
const roundedRows = (rows: Float32Array, factors: Float32Array): Float32Array => {
  const width = factors.length;
  const divided = new Float32Array(rows.length);
  let low = 0;
  let high = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i]! / factors[i % width]!;
    divided[i] = value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const { scale, zeroPoint } = parametersOf({ low, high }, 'uint8');
  const [least, most] = codesOf('uint8', false);
  for (let i = 0; i < divided.length; i++) {
    const code = divided[i]! / scale + half - half + zeroPoint;
    divided[i] = ((code < least ? least : code > most ? most : code) - zeroPoint) * scale * factors[i % width]!;
  }
  return divided;
};

/** A matrix times `factors` per row, rounded to int8 codes with one scale, in the original scale again. */
const roundedWeight = (weight: Float32Array, columns: number, factors: Float32Array): Float32Array => {
  const raised = weight.map((value, i) => value * factors[Math.floor(i / columns)]!);
  const { codes, scales } = quantizeMatrix(raised, columns, { type: 'int8', perChannel: false, bits: 8 });
  return raised.map((_, i) => (codes[i]! * scales[0]!) / factors[Math.floor(i / columns)]!);
};

/** One product that reads the rows: its matrix [K, N]. */
export interface Reader {
  readonly matrix: Float32Array;
  readonly columns: number;
}

/** ‖XW − Q(X/s) Q(sW)‖² over all readers, relative to ‖XW‖². Rows and weights are rounded to 8 bits with one scale each. */
export const outputError = (
  rows: Float32Array,
  readers: readonly Reader[],
  exact: readonly Float32Array[],
  factors: Float32Array,
): number => {
  const rounded = roundedRows(rows, factors);
  let error = 0;
  let size = 0;
  readers.forEach(({ matrix, columns }, i) => {
    const result = multiplied(rounded, roundedWeight(matrix, columns, factors), factors.length, columns);
    const truth = exact[i]!;
    for (let at = 0; at < truth.length; at++) {
      error += (truth[at]! - result[at]!) ** 2;
      size += truth[at]! ** 2;
    }
  });
  return size === 0 ? 0 : error / size;
};
