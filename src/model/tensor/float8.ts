import type { DataType } from '../../contracts/index.ts';

interface Format {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** 'fn': no infinities, all-ones is NaN; 'fnuz': only negative zero is NaN; 'ieee': infinities and NaNs as in IEEE 754. */
  readonly specials: 'fn' | 'fnuz' | 'ieee';
}

/** Source: ONNX, docs/docsgen technical "Float stored in 8 bits". */
const formats = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, specials: 'fn' },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, specials: 'fnuz' },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, specials: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, specials: 'fnuz' },
} as const satisfies Partial<Record<DataType, Format>>;

export type Float8 = keyof typeof formats;

export const isFloat8 = (dtype: DataType): dtype is Float8 => dtype in formats;

const valueOf = (format: Format, code: number): number => {
  const magnitude = code & 0x7f;
  const exponent = magnitude >>> format.mantissaBits;
  const mantissa = magnitude & ((1 << format.mantissaBits) - 1);
  const top = (1 << format.exponentBits) - 1;
  if (format.specials === 'fn' && magnitude === 0x7f) return NaN;
  if (format.specials === 'fnuz' && code === 0x80) return NaN;
  const sign = code >= 0x80 ? -1 : 1;
  if (format.specials === 'ieee' && exponent === top) return mantissa === 0 ? sign * Infinity : NaN;
  const fraction = mantissa / (1 << format.mantissaBits);
  return sign * (exponent === 0 ? fraction * 2 ** (1 - format.bias) : (1 + fraction) * 2 ** (exponent - format.bias));
};

/** 8-bit floats → float32, exact. */
export const decodeFloat8 = (dtype: Float8, bytes: Uint8Array): Float32Array => {
  const table = Float32Array.from({ length: 256 }, (_, code) => valueOf(formats[dtype], code));
  const values = new Float32Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) values[index] = table[bytes[index]!]!;
  return values;
};
