import type { Room } from '../../model/tensor/index.ts';
import { codeColumns, codeSpan, columnExtremes, spanExtremes } from './column-codes.ts';
import { codeRows, largest } from './row-codes.ts';

/** Adding and subtracting 1.5 · 2^52 rounds a double of magnitude < 2^51 to the nearest integer, ties to even. */
const half = 6755399441055744;

/** How weights become integers. */
export interface WeightScheme {
  /** s8 is symmetric with zero point 0, u8 is asymmetric. */
  readonly type: 'int8' | 'uint8';
  readonly perChannel: boolean;
  /** 7 keeps pairs of u8×s8 products inside int16, for CPUs whose kernel saturates there (AVX2 without VNNI). */
  readonly bits: 7 | 8;
  /** The kernels are asked to add exactly, so 8 bits may be used to the full. */
  readonly exactSums?: boolean;
}

/** A quantized matrix: value = (code − zeroPoint) · scale, per matrix or per column. */
export interface QuantizedWeight {
  /** [rows, columns], int8 or uint8 codes. */
  readonly codes: Int8Array | Uint8Array;
  /** [1] or [columns]. */
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array | Uint8Array;
}

const range = ({ type, bits }: WeightScheme): readonly [number, number] =>
  type === 'int8' ? (bits === 8 ? [-127, 127] : [-64, 64]) : bits === 8 ? [0, 255] : [0, 127];

/** The least and greatest value of each column (or of the matrix), zero included. `symmetric`: for the matrix, the largest magnitude will do. */
const extremes = (
  weight: Float32Array,
  columns: number,
  perChannel: boolean,
  symmetric: boolean,
): { low: Float64Array; high: Float64Array } => {
  if (!perChannel && symmetric) {
    const most = largest(weight);
    return { low: Float64Array.of(-most), high: Float64Array.of(most) };
  }
  if (perChannel) return columnExtremes(weight, columns);
  const { low, high } = spanExtremes(weight);
  return { low: Float64Array.of(low), high: Float64Array.of(high) };
};

/** Scale and zero point for a value range. Source: ONNX Runtime quant_utils compute_scale_zp; a range too small for float32 gets scale 1. */
export const scaleOf = (
  low: number,
  high: number,
  scheme: WeightScheme,
): { readonly scale: number; readonly zeroPoint: number } => {
  const [least, most] = range(scheme);
  if (scheme.type === 'int8') {
    const scale = Math.fround(Math.max(-low, high) / most);
    return scale < 1.1754943508222875e-38 ? { scale: 1, zeroPoint: 0 } : { scale, zeroPoint: 0 };
  }
  const scale = Math.fround((high - low) / (most - least));
  if (scale < 1.1754943508222875e-38) return { scale: 1, zeroPoint: 0 };
  const zeroPoint = least - low / scale + half - half;
  return { scale, zeroPoint: Math.min(most, Math.max(least, zeroPoint)) };
};

/** An array for so many codes, in `room` where it is given. */
export const codesFor = (type: 'int8' | 'uint8', length: number, room?: Room): Int8Array | Uint8Array => {
  const bytes = room?.take(length) ?? new Uint8Array(length);
  return type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, length) : bytes;
};

/** Quantize a [rows, columns] matrix to 8 (or 7) bits.
 *  Units: real value per integer step. Errors: none; NaN and infinity must be excluded by the caller (`isFinite32`). `codes`: where they go.
 *  Source: ONNX QuantizeLinear; Jacob et al. 2018, §2.1. */
export const quantizeMatrix = (
  weight: Float32Array,
  columns: number,
  scheme: WeightScheme,
  codes = codesFor(scheme.type, weight.length),
): QuantizedWeight => {
  if (weight.length % columns !== 0) throw new Error(`a matrix of ${weight.length} values has no ${columns} columns`);
  const { low, high } = extremes(weight, columns, scheme.perChannel, scheme.type === 'int8');
  const [least, most] = range(scheme);
  const scales = new Float32Array(low.length);
  const zeroPoints = scheme.type === 'int8' ? new Int8Array(low.length) : new Uint8Array(low.length);
  for (let i = 0; i < low.length; i++) {
    const { scale, zeroPoint } = scaleOf(low[i]!, high[i]!, scheme);
    scales[i] = scale;
    zeroPoints[i] = zeroPoint;
  }
  if (scheme.perChannel) codeColumns(weight, columns, { scales, zeroPoints, least, most }, codes);
  else codeSpan(weight, { scale: scales[0]!, zeroPoint: zeroPoints[0]!, least, most }, codes);
  return { codes, scales, zeroPoints };
};

const int8: WeightScheme = { type: 'int8', perChannel: false, bits: 8 };

/** The scale of symmetric int8 for values up to this magnitude. */
export const symmetricScale = (magnitude: number): number => scaleOf(0, magnitude, int8).scale;

/** Symmetric int8 of rows [rows, width]: with the given scale, or with one scale per row.
 *  `codes`: where they go. Shapes: codes [rows, width], scales [rows], or [1] when it is given. null when a value is not finite (not asked where the scale is given). */
export const quantizeRows = (
  table: Float32Array,
  width: number,
  shared: number | null = null,
  codes = new Int8Array(table.length),
): { readonly codes: Int8Array; readonly scales: Float32Array } | null => {
  if (shared !== null) {
    codeSpan(table, { scale: shared, zeroPoint: 0, least: -127, most: 127 }, codes);
    return { codes, scales: Float32Array.of(shared) };
  }
  const scales = codeRows(table, width, symmetricScale, codes);
  return scales === null ? null : { codes, scales };
};
