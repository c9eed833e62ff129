import { codesFor, quantizeMatrix, type QuantizedWeight, type WeightScheme } from './arithmetic.ts';

/** The code of inputs that the check reckons with: most of a lopsided value lies near zero, and with a far outlier below zero, zero has a code
 *  as high as this. Layer normalizations come close; at 128, where zero is in the middle, only far ends of the range can saturate. */
const typicalCode = 224;
/** The spread of input codes around it: a value with outliers fills so much of its range. */
const typicalSpread = 40;
/** Above this size of what is cut off, next to the product itself, a weight gets 7 bits. Normal weights of 128 rows or more stay below it, with
 *  one scale and with one for each column; equal ones are far beyond. */
const bearableCut = 0.4;

/** Adds to `cut` what leaves 16 bits of each column's pair in these two rows, in products of codes, and to `squares` the squared codes. */
const cutIn = (codes: Int8Array, first: number, second: number, cut: Float64Array, squares: Float64Array): void => {
  for (let column = 0; column < cut.length; column++) {
    const [a, b] = [codes[first + column]!, codes[second + column]!];
    const sum = typicalCode * (a + b);
    if (sum > 32_767) cut[column]! += sum - 32_767;
    else if (sum < -32_768) cut[column]! += sum + 32_768;
    squares[column]! += a * a + b * b;
  }
};

/** How large what kernels for AVX2 without VNNI cut off would be, next to the product: they add the products of rows 2i and 2i + 1 in 16 bits.
 *  ‖cut off‖ / ‖product‖ for inputs whose codes lie around 224 with a spread of 40. 0 where nothing leaves 16 bits; what is cut off on one side
 *  makes good for the other, as it does in the kernel.
 *  Shapes: codes [rows, columns], scales [1] or [columns]. Source: Intel SDM, VPMADDUBSW. */
export const cutOff = (codes: Int8Array, columns: number, scales: Float32Array): number => {
  const cut = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const rows = codes.length / columns;
  for (let row = 0; row + 1 < rows; row += 2) cutIn(codes, row * columns, (row + 1) * columns, cut, squares);
  let lost = 0;
  let size = 0;
  for (let column = 0; column < columns; column++) {
    const scale = scales[scales.length === 1 ? 0 : column]!;
    lost += (cut[column]! * scale) ** 2;
    size += squares[column]! * (typicalSpread * scale) ** 2;
  }
  return lost === 0 ? 0 : Math.sqrt(lost / size);
};

/** Quantize a [rows, columns] matrix as `quantizeMatrix` does, but with 7 bits where sums that leave 16 bits would spoil the product on CPUs
 *  that cut them off. On CPUs that add exactly nothing is lost but a bit. */
export const quantizeWithin16 = (
  weight: Float32Array,
  columns: number,
  scheme: WeightScheme,
  target = codesFor(scheme.type, weight.length),
): QuantizedWeight & { readonly narrowed: boolean } => {
  const made = quantizeMatrix(weight, columns, scheme, target);
  const { codes, scales } = made;
  if (scheme.bits === 7 || scheme.exactSums === true || !(codes instanceof Int8Array))
    return { ...made, narrowed: false };
  return cutOff(codes, columns, scales) < bearableCut
    ? { ...made, narrowed: false }
    : { ...quantizeMatrix(weight, columns, { ...scheme, bits: 7 }, target), narrowed: true };
};
