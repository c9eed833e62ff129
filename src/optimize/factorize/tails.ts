import { rankStep } from './ranks.ts';

/** Squared singular values, falling → squared relative error that rank i · rankStep leaves, up to `most`. Nothing at all leaves no error.
 *  Shapes: [any] → [most / rankStep + 1]. */
export const tailsOf = (squares: Float64Array, most: number): Float64Array => {
  const tails = new Float64Array(most / rankStep + 1);
  let rest = 0;
  for (let i = squares.length - 1; i >= 0; i--) {
    // Zeros of a rank-deficient matrix come out as small numbers of either sign.
    rest += Math.max(0, squares[i]!);
    if (i % rankStep === 0 && i <= most) tails[i / rankStep] = rest;
  }
  const total = tails[0]!;
  return tails.map((tail) => (total > 0 ? tail / total : 0));
};

/** The smallest rank that keeps the relative error; 0 when none of them does. */
export const rankFor = (tails: Float64Array, error: number): number => {
  const at = tails.findIndex((tail, i) => i > 0 && tail <= error * error);
  return at < 0 ? 0 : at * rankStep;
};
