/** Adding and subtracting 1.5 · 2^52 rounds a double of magnitude < 2^51 to the nearest integer, ties to even. */
const half = 6755399441055744;

/** How weights become integers. */
export interface WeightScheme {
  /** s8 is symmetric with zero point 0, u8 is asymmetric. */
  readonly type: 'int8' | 'uint8';
  readonly perChannel: boolean;
  /** 7 keeps pairs of u8×s8 products inside int16, for CPUs whose kernel saturates there (AVX2 without VNNI). */
  readonly bits: 7 | 8;
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

/** The least and greatest value of each column (or of the matrix), zero included. */
const extremes = (
  weight: Float32Array,
  columns: number,
  perChannel: boolean,
): { low: Float64Array; high: Float64Array } => {
  const count = perChannel ? columns : 1;
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  if (!perChannel) {
    let least = 0;
    let most = 0;
    for (let i = 0; i < weight.length; i++) {
      const value = weight[i]!;
      if (value < least) least = value;
      else if (value > most) most = value;
    }
    low[0] = least;
    high[0] = most;
    return { low, high };
  }
  for (let row = 0; row < weight.length; row += columns)
    for (let column = 0; column < columns; column++) {
      const value = weight[row + column]!;
      if (value < low[column]!) low[column] = value;
      else if (value > high[column]!) high[column] = value;
    }
  return { low, high };
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

/** Quantize a [rows, columns] matrix to 8 (or 7) bits.
 *  Units: real value per integer step. Errors: none; NaN and infinity must be excluded by the caller (`isFinite32`).
 *  Source: ONNX QuantizeLinear; Jacob et al. 2018, §2.1. */
export const quantizeMatrix = (weight: Float32Array, columns: number, scheme: WeightScheme): QuantizedWeight => {
  if (weight.length % columns !== 0) throw new Error(`a matrix of ${weight.length} values has no ${columns} columns`);
  const { low, high } = extremes(weight, columns, scheme.perChannel);
  const [least, most] = range(scheme);
  const scales = new Float32Array(low.length);
  const inverse = new Float64Array(low.length);
  const zeroPoints = scheme.type === 'int8' ? new Int8Array(low.length) : new Uint8Array(low.length);
  for (let i = 0; i < low.length; i++) {
    const { scale, zeroPoint } = scaleOf(low[i]!, high[i]!, scheme);
    scales[i] = scale;
    inverse[i] = 1 / scale;
    zeroPoints[i] = zeroPoint;
  }
  const codes = scheme.type === 'int8' ? new Int8Array(weight.length) : new Uint8Array(weight.length);
  if (!scheme.perChannel) {
    const by = inverse[0]!;
    const zero = zeroPoints[0]!;
    for (let i = 0; i < weight.length; i++) {
      const code = weight[i]! * by + half - half + zero;
      codes[i] = code < least ? least : code > most ? most : code;
    }
    return { codes, scales, zeroPoints };
  }
  for (let row = 0; row < weight.length; row += columns)
    for (let column = 0; column < columns; column++) {
      const code = weight[row + column]! * inverse[column]! + half - half + zeroPoints[column]!;
      codes[row + column] = code < least ? least : code > most ? most : code;
    }
  return { codes, scales, zeroPoints };
};

/** Symmetric int8 per row of an embedding table [rows, width]: one scale per row, or one for the table.
 *  Shapes: codes [rows, width], scales [rows] or [1]. */
export const quantizeRows = (
  table: Float32Array,
  width: number,
  perRow: boolean,
): { readonly codes: Int8Array; readonly scales: Float32Array } => {
  const rows = table.length / width;
  const codes = new Int8Array(table.length);
  const scales = new Float32Array(perRow ? rows : 1);
  const largest = (from: number, to: number): number => {
    let most = 0;
    for (let i = from; i < to; i++) {
      const value = Math.abs(table[i]!);
      if (value > most) most = value;
    }
    return most;
  };
  const shared = perRow ? 0 : largest(0, table.length);
  for (let row = 0; row < rows; row++) {
    const scale = scaleOf(0, perRow ? largest(row * width, (row + 1) * width) : shared, {
      type: 'int8',
      perChannel: false,
      bits: 8,
    }).scale;
    scales[perRow ? row : 0] = scale;
    const by = 1 / scale;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const code = table[i]! * by + half - half;
      codes[i] = code < -127 ? -127 : code > 127 ? 127 : code;
    }
  }
  return { codes, scales };
};
