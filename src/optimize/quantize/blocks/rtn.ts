import type { Blocks, BlockScheme, Fit } from './types.ts';

/** Adding and subtracting 1.5 · 2^52 rounds a double of magnitude < 2^51 to the nearest integer, ties to even. */
export const half = 6755399441055744;

/** Scales below the smallest normal float32 divide badly: such a block counts as zeros and gets scale 0, so that runtimes which add codes
 *  and zero points up separately answer exactly zero too. */
export const tiny = 1.1754943508222875e-38;

/** Largest code of a scheme. */
export const topOf = ({ bits }: BlockScheme): number => 2 ** bits - 1;

/** The zero point of symmetric blocks. */
export const middleOf = ({ bits }: BlockScheme): number => 2 ** (bits - 1);

/** What values are multiplied by; 0 for a block of zeros. */
export const inverseOf = (scale: number): number => (scale === 0 ? 0 : 1 / scale);

/** Round to nearest over the whole range of a block. Symmetric: scale = m / −2^(bits − 1) with m the signed value of largest magnitude,
 *  which is then exact. Asymmetric: scale = (max − min) / (2^bits − 1), zero included.
 *  Source: ONNX Runtime's block quantizer for MatMulNBits. */
export const rangeFit = (scheme: BlockScheme): Fit => {
  const top = topOf(scheme);
  const middle = middleOf(scheme);
  return (values, count, _importance, found) => {
    let low = 0;
    let high = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    found.zero = middle;
    if (scheme.symmetric) {
      const scale = Math.fround((high > -low ? high : low) / -middle);
      found.scale = Math.abs(scale) < tiny ? 0 : scale;
      return;
    }
    const scale = Math.fround((high - low) / top);
    if (scale < tiny) {
      found.scale = 0;
      return;
    }
    found.scale = scale;
    const zero = -low / scale + half - half;
    found.zero = zero > top ? top : zero;
  };
};

/** Round a [rows, columns] matrix to nearest, block by block, row-major all the way: the fast path of `rangeFit`.
 *  Shapes: as in `Blocks`; rows need not be a multiple of the block. Errors: none; NaN and infinity must be excluded by the caller. */
export const roundBlocks = (weight: Float32Array, columns: number, scheme: BlockScheme): Blocks => {
  const { blockSize, symmetric } = scheme;
  const rows = weight.length / columns;
  const blocks = Math.ceil(rows / blockSize);
  const top = topOf(scheme);
  const middle = middleOf(scheme);
  const codes = new Uint8Array(weight.length);
  const scales = new Float32Array(blocks * columns);
  const zeros = new Uint8Array(blocks * columns);
  const low = new Float64Array(columns);
  const high = new Float64Array(columns);
  const inverse = new Float64Array(columns);
  const offset = new Float64Array(columns);
  for (let block = 0; block < blocks; block++) {
    const first = block * blockSize;
    const last = Math.min(rows, first + blockSize);
    low.fill(0);
    high.fill(0);
    for (let row = first; row < last; row++) {
      const at = row * columns;
      for (let column = 0; column < columns; column++) {
        const value = weight[at + column]!;
        if (value < low[column]!) low[column] = value;
        else if (value > high[column]!) high[column] = value;
      }
    }
    for (let column = 0; column < columns; column++) {
      const least = low[column]!;
      const most = high[column]!;
      let scale = Math.fround(symmetric ? (most > -least ? most : least) / -middle : (most - least) / top);
      let zero = middle;
      if (Math.abs(scale) < tiny) scale = 0;
      else if (!symmetric) zero = Math.min(top, -least / scale + half - half);
      scales[block * columns + column] = scale;
      zeros[block * columns + column] = zero;
      inverse[column] = inverseOf(scale);
      offset[column] = zero;
    }
    for (let row = first; row < last; row++) {
      const at = row * columns;
      for (let column = 0; column < columns; column++) {
        const code = weight[at + column]! * inverse[column]! + half - half + offset[column]!;
        codes[at + column] = code < 0 ? 0 : code > top ? top : code;
      }
    }
  }
  return { codes, scales, zeros };
};
