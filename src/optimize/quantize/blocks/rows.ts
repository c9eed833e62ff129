import { largest } from '../arithmetic.ts';
import { quantizeFourRows } from './four.ts';
import { half, inverseOf, tiny, topOf, middleOf } from './rtn.ts';
import type { BlockScheme, Found } from './types.ts';

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

export interface RowsInput {
  /** [rows, width]. */
  readonly values: Float32Array;
  readonly width: number;
  /** 4 or 8 bits, zero points of their own; rows fill whole bytes. */
  readonly scheme: BlockScheme;
  /** range: each block's own range, rounded to nearest; search: the scale and zero point with the least error (k-quant). */
  readonly fit: 'range' | 'search';
  /** Scales are stored in so many bits, and codes chosen for what is stored. */
  readonly scaleType: 'float16' | 'float32';
}

/** The nearest number with the 11 significant bits of a float16. */
const asHalf = (scale: number): number => {
  const high = scale * (2 ** 42 + 1);
  return high - (high - scale);
};

const packFour = (
  values: Float32Array,
  from: number,
  to: number,
  scale: number,
  zero: number,
  codes: Uint8Array,
): void => {
  const inverse = inverseOf(scale);
  const offset = half - zero;
  for (let i = from; i < to; i += 2) {
    const low = values[i]! * inverse + half - offset;
    const high = values[i + 1]! * inverse + half - offset;
    codes[i >> 1] = (low < 0 ? 0 : low > 15 ? 15 : low) | ((high < 0 ? 0 : high > 15 ? 15 : high) << 4);
  }
};

const packEight = (
  values: Float32Array,
  from: number,
  to: number,
  scale: number,
  zero: number,
  codes: Uint8Array,
): void => {
  const inverse = inverseOf(scale);
  for (let i = from; i < to; i++) {
    const code = values[i]! * inverse + half - half + zero;
    codes[i] = code < 0 ? 0 : code > 255 ? 255 : code;
  }
};

/** Round to nearest over a block's own range, zero included. */
const rangeOf = (values: Float32Array, from: number, to: number, top: number, middle: number, found: Found): void => {
  let low = 0;
  let high = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  const scale = Math.fround((high - low) / top);
  found.scale = scale < tiny ? 0 : scale;
  found.zero = scale < tiny ? middle : Math.min(top, -low / scale + half - half);
};

/** Quantize rows in blocks along them, without ever turning the table.
 *  Shapes: as in `RowBlocks`; a row's last block may be short. Errors: none.
 *  Source: ONNX Runtime's block quantizer; k-quants (llama.cpp) for the search. */
export const quantizeRowBlocks = ({ values, width, scheme, fit, scaleType }: RowsInput): RowBlocks => {
  const { bits, blockSize } = scheme;
  if (!Number.isFinite(largest(values)))
    return { codes: new Uint8Array(0), scales: new Float32Array(0), zeros: new Uint8Array(0), finite: false };
  if (fit === 'search')
    return { ...quantizeFourRows({ values, width, scheme, halfScales: scaleType === 'float16' }), finite: true };
  const rows = values.length / width;
  const blocks = Math.ceil(width / blockSize);
  const codes = new Uint8Array((values.length * bits) / 8);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const [top, middle] = [topOf(scheme), middleOf(scheme)];
  const pack = bits === 4 ? packFour : packEight;
  const found: Found = { scale: 1, zero: 0 };
  for (let row = 0, at = 0; row < rows; row++)
    for (let left = 0; left < width; left += blockSize, at++) {
      const from = row * width + left;
      const to = row * width + Math.min(width, left + blockSize);
      rangeOf(values, from, to, top, middle, found);
      if (scaleType === 'float16') found.scale = asHalf(found.scale);
      scales[at] = found.scale;
      zeros[at] = found.zero;
      pack(values, from, to, found.scale, found.zero, codes);
    }
  return { codes, scales, zeros, finite: true };
};
