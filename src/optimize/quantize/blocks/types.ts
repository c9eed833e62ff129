/** How weights become small integers in blocks of rows, one scale (and zero point) per block and column. */
export interface BlockScheme {
  readonly bits: 2 | 4 | 8;
  /** Rows per block. */
  readonly blockSize: number;
  /** The zero point is the middle of the range, 2^(bits − 1), for all blocks. */
  readonly symmetric: boolean;
}

/** A [rows, columns] matrix in blocks: value[k, n] = (codes[k, n] − zeros[b, n]) · scales[b, n] with b = ⌊k / blockSize⌋.
 *  One byte per code and per zero point, row-major; packing comes later. */
export interface Blocks {
  /** [rows, columns], 0 to 2^bits − 1. */
  readonly codes: Uint8Array;
  /** [ceil(rows / blockSize), columns]. */
  readonly scales: Float32Array;
  /** [ceil(rows / blockSize), columns], also for symmetric schemes. */
  readonly zeros: Uint8Array;
}

/** What a fit found for one block of one column. */
export interface Found {
  scale: number;
  /** 0 to 2^bits − 1. */
  zero: number;
}

/** Chooses scale and zero point for `values[0 … count)`, one column's part of a block. `importance[i]` weighs the square of value i's
 *  error; `block` is the number of the block. */
export type Fit = (values: Float64Array, count: number, importance: Float64Array, found: Found, block: number) => void;

/** Blocks along rows, as tables are gathered: value[r, c] = (code[r, c] − zero[r, b]) · scale[r, b] with b = ⌊c / blockSize⌋. */
export interface RowBlocks {
  /** [rows, width · bits / 8], the first value of a byte in its lowest bits. */
  readonly codes: Uint8Array;
  /** [rows, blocks]. */
  readonly scales: Float32Array;
  /** [rows, blocks], one byte each. */
  readonly zeros: Uint8Array;
  /** The values were all finite; if not, the rest means nothing. */
  readonly finite: boolean;
}
