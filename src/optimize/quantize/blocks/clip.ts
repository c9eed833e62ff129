import { half, rangeFit, topOf } from './rtn.ts';
import type { BlockScheme, Fit } from './types.ts';

/** How much of a block's range is tried: all of it down to half. */
const ratios: readonly number[] = Array.from({ length: 11 }, (_, i) => 1 - 0.05 * i);

/** Σ xᵀx inside each block of inputs. Shapes: rows [rows, k] → [blocks, blockSize, blockSize]; inputs beyond k are zero.
 *  `inputScale` [k] divides the inputs first; null: by 1. */
export const blockGrams = (
  rows: Float32Array,
  k: number,
  blockSize: number,
  inputScale: Float32Array | null,
): Float32Array => {
  const blocks = Math.ceil(k / blockSize);
  const grams = new Float32Array(new SharedArrayBuffer(blocks * blockSize * blockSize * 4));
  const sums = new Float64Array(blockSize * blockSize);
  const x = new Float64Array(blockSize);
  for (let block = 0; block < blocks; block++) {
    const first = block * blockSize;
    const count = Math.min(k, first + blockSize) - first;
    sums.fill(0);
    for (let at = first; at < rows.length; at += k) {
      for (let i = 0; i < count; i++)
        x[i] = inputScale === null ? rows[at + i]! : rows[at + i]! / inputScale[first + i]!;
      for (let i = 0; i < count; i++) {
        const left = x[i]!;
        for (let j = 0; j <= i; j++) sums[i * blockSize + j]! += left * x[j]!;
      }
    }
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++)
        grams[(block * blockSize + i) * blockSize + j] = sums[i < j ? j * blockSize + i : i * blockSize + j]!;
  }
  return grams;
};

/** Round to nearest over the part of the range, from all down to half of it, whose error weighs least on the block's own inputs: dᵀ·G·d with
 *  d the rounding errors and G the block's Σ xᵀx. All of the range is a candidate, so the error is never above round to nearest.
 *  Source: Lin et al. 2023, AWQ, weight clipping. */
export const clipFit = (scheme: BlockScheme, grams: Float32Array): Fit => {
  const range = rangeFit(scheme);
  const top = topOf(scheme);
  const { blockSize } = scheme;
  const off = new Float64Array(blockSize);
  return (values, count, importance, found, block) => {
    range(values, count, importance, found, block);
    const whole = found.scale;
    if (whole === 0) return;
    const { zero } = found;
    let best = Number.POSITIVE_INFINITY;
    for (const ratio of ratios) {
      const scale = Math.fround(whole * ratio);
      const inverse = 1 / scale;
      for (let i = 0; i < count; i++) {
        let code = values[i]! * inverse + half - half + zero;
        code = code < 0 ? 0 : code > top ? top : code;
        off[i] = values[i]! - (code - zero) * scale;
      }
      let error = 0;
      for (let i = 0; i < count; i++) {
        const row = (block * blockSize + i) * blockSize;
        let sum = 0;
        for (let j = 0; j < i; j++) sum += grams[row + j]! * off[j]!;
        error += off[i]! * (2 * sum + grams[row + i]! * off[i]!);
      }
      if (error < best) {
        best = error;
        found.scale = scale;
      }
    }
  };
};
