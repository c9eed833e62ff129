import { half, middleOf, rangeFit, tiny, topOf } from './rtn.ts';
import type { BlockScheme, Fit } from './types.ts';

/** How far the range is narrowed or widened, in codes, before the least-squares step; then on both sides of the best of these. */
const offsets: readonly number[] = [-1.5, -1, -0.5, 0.5, 1];
const beside: readonly number[] = [-0.25, 0.25];

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
  /** The best so far. */
  let best = -1;
  let bestScale = 0;
  let bestZero = 0;
  let bestOffset = 0;
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
    if (gain <= best || Math.abs(fitted) < tiny) return;
    best = gain;
    bestScale = fitted;
    bestZero = zero;
    bestOffset = offset;
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
    best = -1;
    bestScale = found.scale;
    bestZero = found.zero;
    bestOffset = 0;
    attempt(values, count, importance, found.scale, found.zero, 0);
    const moved = (offset: number): void => {
      const scale = symmetric ? signed / -(middle + offset / 2) : (high - low) / (top + offset);
      const zero = symmetric ? middle : Math.min(top, -low / scale + half - half);
      attempt(values, count, importance, scale, zero, offset);
    };
    for (const offset of offsets) moved(offset);
    const around = bestOffset;
    for (const step of beside) moved(around + step);
    attempt(values, count, importance, bestScale, bestZero, bestOffset);
    found.scale = bestScale;
    found.zero = bestZero;
  };
};
