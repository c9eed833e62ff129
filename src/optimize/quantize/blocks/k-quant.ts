import { half, middleOf, rangeFit, tiny, topOf } from './rtn.ts';
import type { BlockScheme, Fit } from './types.ts';

/** How far the range is narrowed or widened, in codes, before the least-squares step; then on both sides of the best of these. */
const firstOffsets = 5;
const offsets = Float64Array.of(-1.5, -1, -0.5, 0.5, 1, -0.25, 0.25);

/** Weighted sums over a block with these codes: Σ w·c·v and Σ w·c², c the code without its zero point. */
interface Sums {
  cross: number;
  square: number;
}

/** Two values at a time: the processor adds up both pairs of sums at once. */
const sumsOf = (
  values: Float64Array,
  count: number,
  importance: Float64Array,
  inverse: number,
  least: number,
  most: number,
  sums: Sums,
): void => {
  let cross = 0;
  let square = 0;
  let otherCross = 0;
  let otherSquare = 0;
  const even = count - (count % 2);
  for (let i = 0; i < even; i += 2) {
    const value = values[i]!;
    const other = values[i + 1]!;
    let code = value * inverse + half - half;
    let otherCode = other * inverse + half - half;
    code = code < least ? least : code > most ? most : code;
    otherCode = otherCode < least ? least : otherCode > most ? most : otherCode;
    const weighted = importance[i]! * code;
    const otherWeighted = importance[i + 1]! * otherCode;
    cross += weighted * value;
    square += weighted * code;
    otherCross += otherWeighted * other;
    otherSquare += otherWeighted * otherCode;
  }
  if (even < count) {
    const value = values[even]!;
    let code = value * inverse + half - half;
    code = code < least ? least : code > most ? most : code;
    cross += importance[even]! * code * value;
    square += importance[even]! * code * code;
  }
  sums.cross = cross + otherCross;
  sums.square = square + otherSquare;
};

/** Search for the scale (and integer zero point) with the least weighted squared error: round to nearest, five ranges around the block's own
 *  and two around the best of them, for each the codes and then the scale that fits them best (weighted least squares); at last the codes of
 *  the best scale and the scale that fits those. The error is never above round to nearest's.
 *  Source: the k-quants of llama.cpp as in ONNX Runtime's block quantizer, which try 20 ranges and fit once; zero points are integers here, and
 *  judged as such. */
export const kQuantFit = (scheme: BlockScheme): Fit => {
  const range = rangeFit(scheme);
  const top = topOf(scheme);
  const middle = middleOf(scheme);
  const { symmetric } = scheme;
  const sums: Sums = { cross: 0, square: 0 };
  /** The best so far: its gain, scale, zero point and offset. In an array: numbers in closures are boxed anew at each change. */
  const best = new Float64Array(4);
  const attempt = (
    values: Float64Array,
    count: number,
    importance: Float64Array,
    scale: number,
    zero: number,
    offset: number,
  ): void => {
    sumsOf(values, count, importance, 1 / scale, -zero, top - zero, sums);
    const { cross, square } = sums;
    // With the best scale for these codes the error is Σ w·v² − cross² / square: the larger the quotient, the better.
    if (!(square > 0)) return;
    const gain = (cross * cross) / square;
    const fitted = Math.fround(cross / square);
    if (gain <= best[0]! || Math.abs(fitted) < tiny) return;
    best[0] = gain;
    best[1] = fitted;
    best[2] = zero;
    best[3] = offset;
  };
  return (values, count, importance, found, block) => {
    range(values, count, importance, found, block);
    let low = 0;
    let high = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    if (high - low < tiny) return;
    const signed = high > -low ? high : low;
    best[0] = -1;
    best[1] = found.scale;
    best[2] = found.zero;
    best[3] = 0;
    attempt(values, count, importance, found.scale, found.zero, 0);
    let around = 0;
    for (let candidate = 0; candidate < offsets.length; candidate++) {
      // The last ones lie beside the best of the first.
      if (candidate === firstOffsets) around = best[3];
      const offset = around + offsets[candidate]!;
      const scale = symmetric ? signed / -(middle + offset / 2) : (high - low) / (top + offset);
      const zero = symmetric ? middle : Math.min(top, -low / scale + half - half);
      attempt(values, count, importance, scale, zero, offset);
    }
    attempt(values, count, importance, best[1], best[2], best[3]);
    found.scale = best[1];
    found.zero = best[2];
  };
};
