import { half, inverseOf, rangeFit, tiny, topOf } from './rtn.ts';
import type { BlockScheme, Fit } from './types.ts';

/** The norm that is minimized is Σ|e|^p: small exponents forgive few large errors. */
export const hqqNorm = 0.7;
const rounds = 20;
const firstBeta = 10;
const growth = 1.01;

/** x^(p − 1) for positive float32 x from a table over the exponent and the first 7 bits of the fraction: within 0.2 %, some ten times
 *  as fast as Math.pow and the same on every machine. */
const bits = new Int32Array(1);
const asFloat = new Float32Array(bits.buffer);
const powers = new Float64Array(1 << 15);
for (let i = 0; i < powers.length; i++) {
  bits[0] = (i << 16) | (1 << 15);
  const middle = asFloat[0]!;
  powers[i] = middle === 0 || !Number.isFinite(middle) ? 0 : middle ** (hqqNorm - 1);
}
const power = (x: number): number => {
  asFloat[0] = x;
  return powers[bits[0]! >>> 16]!;
};

/** Σ|v − (q − zero)·scale|^p with the nearest codes; exactly, or by the table. */
const normOf = (
  values: Float64Array,
  count: number,
  scale: number,
  zero: number,
  top: number,
  exact: boolean,
): number => {
  const inverse = inverseOf(scale);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let code = values[i]! * inverse + half - half + zero;
    code = code < 0 ? 0 : code > top ? top : code;
    const error = Math.abs(values[i]! - (code - zero) * scale);
    if (error > 0) sum += exact ? error ** hqqNorm : error * power(error);
  }
  return sum;
};

/** The scale that fits the nearest codes of (scale, zero) best, in least squares; the scale itself when there is none. */
const refitted = (values: Float64Array, count: number, scale: number, zero: number, top: number): number => {
  const inverse = inverseOf(scale);
  let cross = 0;
  let square = 0;
  for (let i = 0; i < count; i++) {
    let code = values[i]! * inverse + half - half + zero;
    code = (code < 0 ? 0 : code > top ? top : code) - zero;
    cross += code * values[i]!;
    square += code * code;
  }
  const fitted = Math.fround(cross / square);
  return Math.abs(fitted) >= tiny && Number.isFinite(fitted) ? fitted : scale;
};

/** Half-quadratic quantization with integer zero points. The zero point is optimized as a real number (shrink the error, move the zero
 *  point to its mean, 20 rounds or until the error grows); then the integers beside it are tried with the old and a re-fitted scale, and
 *  with round to nearest: the best in the p-norm wins, so the error is never above that of round to nearest. Needs no data.
 *  Blocks are asymmetric whatever the scheme says.
 *  Source: Badri and Shaji 2023, Half-Quadratic Quantization; zero points stay integers because kernels are many times slower otherwise. */
export const hqqFit = (scheme: BlockScheme): Fit => {
  const top = topOf(scheme);
  const range = rangeFit({ ...scheme, symmetric: false });
  return (values, count, importance, found, block) => {
    range(values, count, importance, found, block);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    // A constant block is exact already.
    if (high - low < tiny || Math.max(high, -low) < tiny) return;
    const inverse = top / (high - low);
    if (!Number.isFinite(inverse)) return;
    let zero = -low * inverse;
    const step = 1 / inverse;
    let shrink = 1 / firstBeta;
    let error = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      let moved = 0;
      for (let i = 0; i < count; i++) {
        const value = values[i]!;
        let code = value * inverse + zero + half - half;
        code = code < 0 ? 0 : code > top ? top : code;
        const off = value - (code - zero) * step;
        const size = Math.abs(off);
        sum += size;
        // The shrinkage operator of |·|^p.
        const kept = size - power(size) * shrink;
        const shrunk = kept > 0 ? (off > 0 ? kept : -kept) : 0;
        moved += code - (value - shrunk) * inverse;
      }
      if (sum >= error) break;
      error = sum;
      zero = moved / count;
      shrink /= growth;
    }
    let bestScale = found.scale;
    let bestZero = found.zero;
    let best = normOf(values, count, bestScale, bestZero, top, false);
    const consider = (scale: number, candidate: number): void => {
      const norm = normOf(values, count, scale, candidate, top, false);
      if (norm < best) {
        best = norm;
        bestScale = scale;
        bestZero = candidate;
      }
    };
    const start = Math.fround(step);
    for (let side = 0; side < 2; side++) {
      const candidate = Math.min(top, Math.max(0, Math.floor(zero) + side));
      if (start < tiny) break;
      consider(start, candidate);
      consider(refitted(values, count, start, candidate, top), candidate);
    }
    if (bestScale === found.scale && bestZero === found.zero) return;
    // The table is a little off: the promise is kept by the exact norm.
    const nearest = normOf(values, count, found.scale, found.zero, top, true);
    if (normOf(values, count, bestScale, bestZero, top, true) >= nearest) return;
    found.scale = bestScale;
    found.zero = bestZero;
  };
};
