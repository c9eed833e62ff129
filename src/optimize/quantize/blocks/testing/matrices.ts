import type { Random } from '../../../../contracts/index.ts';
import { seeded } from '../../../../statistics/index.ts';
import type { Blocks, BlockScheme } from '../types.ts';

/** Normal numbers by label. */
export const normals = (count: number, label: string, scale = 1): Float32Array => {
  const random = seeded(1, label);
  return Float32Array.from({ length: count }, () => random.normal() * scale);
};

/** What the codes of a [rows, columns] matrix stand for. */
export const decoded = ({ codes, scales, zeros }: Blocks, columns: number, { blockSize }: BlockScheme): Float32Array =>
  Float32Array.from(codes, (code, index) => {
    const at = Math.floor(Math.floor(index / columns) / blockSize) * columns + (index % columns);
    return (code - zeros[at]!) * scales[at]!;
  });

export interface Correlation {
  /** Independent sources behind all channels. */
  readonly rank: number;
  /** Standard deviation of each channel's own part, beside 1 for the common part. */
  readonly own: number;
  /** Standard deviation of the logarithm of the channels' sizes. */
  readonly spread: number;
}

/** Rows of Gaussian inputs: channel_j = exp(spread·g_j) · (Σ_i z_i·A_ij / √rank + own·e_j), all of z, A, e, g standard normal. */
export const correlatedRows = (
  rows: number,
  k: number,
  { rank, own, spread }: Correlation,
  random: Random,
): Float32Array => {
  const mixing = Float64Array.from({ length: rank * k }, () => random.normal() / Math.sqrt(rank));
  const sizes = Float64Array.from({ length: k }, () => Math.exp(spread * random.normal()));
  const x = new Float32Array(rows * k);
  const row = new Float64Array(k);
  for (let at = 0; at < x.length; at += k) {
    row.fill(0);
    for (let i = 0; i < rank; i++) {
      const source = random.normal();
      for (let j = 0; j < k; j++) row[j]! += source * mixing[i * k + j]!;
    }
    for (let j = 0; j < k; j++) x[at + j] = sizes[j]! * (row[j]! + own * random.normal());
  }
  return x;
};

/** Σ xᵀx. Shapes: [rows, k] → [k, k]. */
export const gramOf = (x: Float32Array, k: number): Float32Array => {
  const sums = new Float64Array(k * k);
  for (let at = 0; at < x.length; at += k)
    for (let i = 0; i < k; i++) {
      const left = x[at + i]!;
      for (let j = 0; j <= i; j++) sums[i * k + j]! += left * x[at + j]!;
    }
  return Float32Array.from(sums, (_, at) => {
    const [i, j] = [Math.floor(at / k), at % k];
    return sums[i < j ? j * k + i : i * k + j]!;
  });
};

/** ‖X·W − X·W′‖ / ‖X·W‖ from XᵀX. */
export const outputError = (gram: Float32Array, weight: Float32Array, other: Float32Array, k: number): number => {
  const columns = weight.length / k;
  const size = (matrix: Float32Array): number => {
    let total = 0;
    const row = new Float64Array(columns);
    for (let i = 0; i < k; i++) {
      row.fill(0);
      for (let j = 0; j < k; j++) {
        const g = gram[i * k + j]!;
        for (let n = 0; n < columns; n++) row[n]! += g * matrix[j * columns + n]!;
      }
      for (let n = 0; n < columns; n++) total += matrix[i * columns + n]! * row[n]!;
    }
    return total;
  };
  return Math.sqrt(size(weight.map((value, at) => value - other[at]!)) / size(weight));
};
