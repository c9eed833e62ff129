/** Round to the nearest integer, halves to the even one, as ONNX QuantizeLinear and Round do.
 *  Source: IEEE 754 roundTiesToEven; adding 1.5·2^52 makes the processor round there. */
export const roundHalfEven = (x: number): number => {
  if (x > -2251799813685248 && x < 2251799813685248) return x + 6755399441055744 - 6755399441055744;
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
};

const bitsOfFloats = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** float32 → float16 bits, rounding to nearest even. Above 65504 (half way to 65536 included) → infinity; NaN stays NaN.
 *  Source: IEEE 754-2019 binary16. */
export const floatsToHalf = (values: Float32Array): Uint16Array => {
  const bits = bitsOfFloats(values);
  const half = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const word = bits[index]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= 0x47800000) {
      // 65536 and above, infinity, NaN (made quiet, keeping the upper payload bits).
      half[index] = sign | (magnitude > 0x7f800000 ? 0x7e00 | ((magnitude >>> 13) & 0x3ff) : 0x7c00);
    } else if (magnitude >= 0x38800000) {
      // Normal: rebias the exponent by 127 − 15, then round the 13 dropped bits; a carry into the exponent is right.
      half[index] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else if (magnitude >= 0x33000000) {
      // Subnormal: units of 2^-24.
      const shift = 126 - (magnitude >>> 23);
      const mantissa = (magnitude & 0x7fffff) | 0x800000;
      const kept = mantissa >>> shift;
      const rest = mantissa & ((1 << shift) - 1);
      const middle = 1 << (shift - 1);
      half[index] = sign | (rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept);
    } else half[index] = sign;
  }
  return half;
};

let halfTable: Float32Array | null = null;

const buildHalfTable = (): Float32Array => {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >>> 10) & 31;
    const mantissa = bits & 0x3ff;
    const magnitude =
      exponent === 0
        ? mantissa * 2 ** -24
        : exponent === 31
          ? mantissa === 0
            ? Infinity
            : NaN
          : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    table[bits] = bits >= 0x8000 ? -magnitude : magnitude;
  }
  return table;
};

/** float16 bits → float32, exact. */
export const halfToFloats = (half: Uint16Array): Float32Array => {
  halfTable ??= buildHalfTable();
  const values = new Float32Array(half.length);
  for (let index = 0; index < half.length; index++) values[index] = halfTable[half[index]!]!;
  return values;
};

/** float32 → bfloat16 bits, rounding to nearest even; NaN stays NaN. */
export const floatsToBfloat16 = (values: Float32Array): Uint16Array => {
  const bits = bitsOfFloats(values);
  const out = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const word = bits[index]!;
    out[index] = (word & 0x7fffffff) > 0x7f800000 ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
};

/** bfloat16 bits → float32, exact. */
export const bfloat16ToFloats = (bits: Uint16Array): Float32Array => {
  const words = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) words[index] = bits[index]! << 16;
  return new Float32Array(words.buffer);
};
