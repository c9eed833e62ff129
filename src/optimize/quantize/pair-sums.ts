import { quantizeMatrix, type QuantizedWeight, type WeightScheme } from './arithmetic.ts';

/** Above this share of pairs that can leave 16 bits a weight gets 7 bits. Normal numbers stay below a hundredth, or below a tenth with a scale
 *  per column; equal ones are at 1. */
const riskyShare = 0.25;

/** 255 · 129 is beyond 2¹⁵. */
const largestPair = 128;

const riskyIn = (codes: Int8Array, first: number, second: number, columns: number): number => {
  let risky = 0;
  for (let column = 0; column < columns; column++) {
    const pair = codes[first + column]! + codes[second + column]!;
    if (pair > largestPair || pair < -largestPair) risky++;
  }
  return risky;
};

/** The share of the pairs of rows 2i and 2i + 1 in one column whose sum, times 255, leaves 16 bits: what kernels for AVX2 without VNNI cut off
 *  where both inputs are large. Shapes: codes [rows, columns]. Source: Intel SDM, VPMADDUBSW. */
export const riskyPairs = (codes: Int8Array, columns: number): number => {
  const pairs = Math.floor(codes.length / columns / 2);
  let risky = 0;
  for (let pair = 0; pair < pairs; pair++)
    risky += riskyIn(codes, 2 * pair * columns, (2 * pair + 1) * columns, columns);
  return pairs === 0 ? 0 : risky / (pairs * columns);
};

/** Quantize a [rows, columns] matrix as `quantizeMatrix` does, but with 7 bits where a quarter of the pairs of int8 codes or more could
 *  leave 16 bits. On CPUs that add exactly nothing is lost but a bit; on others answers would be far off. */
export const quantizeWithin16 = (
  weight: Float32Array,
  columns: number,
  scheme: WeightScheme,
): QuantizedWeight & { readonly narrowed: boolean } => {
  const made = quantizeMatrix(weight, columns, scheme);
  const { codes } = made;
  if (scheme.bits === 7 || scheme.exactSums === true || !(codes instanceof Int8Array))
    return { ...made, narrowed: false };
  return riskyPairs(codes, columns) < riskyShare
    ? { ...made, narrowed: false }
    : { ...quantizeMatrix(weight, columns, { ...scheme, bits: 7 }), narrowed: true };
};
