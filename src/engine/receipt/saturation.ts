/** What 16-bit sums of pairs do to integer products. */
export interface Products {
  readonly pairs: number;
  readonly saturated: number;
  /** Shapes: [rows, n]. The product in exact arithmetic. */
  readonly exact: Int32Array;
  /** Shapes: [rows, n]. Saturated minus exact. */
  readonly difference: Int32Array;
}

const low = -32768;
const high = 32767;

/** Multiply uint8 rows by int8 columns as VPMADDUBSW does: the products of k and k + 1 (k even) are added in 16 bits and cut off at ±2¹⁵,
 *  the pairs are added in 32 bits. An odd last product stands alone.
 *  Shapes: codes [rows, k], weights [n, k] → [rows, n]. Units: integer steps, zero points not subtracted.
 *  Source: Intel SDM, VPMADDUBSW; onnxruntime/core/mlas, QgemmU8S8KernelAvx2; the pairing is what ONNX Runtime 1.30 computes. */
export const saturatedProducts = (
  codes: Uint8Array,
  weights: Int8Array,
  rows: number,
  n: number,
  k: number,
): Products => {
  const exact = new Int32Array(rows * n);
  const difference = new Int32Array(rows * n);
  let saturated = 0;
  const even = k - (k % 2);
  for (let row = 0; row < rows; row++) {
    const a = row * k;
    for (let column = 0; column < n; column++) {
      const b = column * k;
      let sum = 0;
      let lost = 0;
      for (let i = 0; i < even; i += 2) {
        const pair = codes[a + i]! * weights[b + i]! + codes[a + i + 1]! * weights[b + i + 1]!;
        sum += pair;
        if (pair > high) {
          lost += high - pair;
          saturated++;
        } else if (pair < low) {
          lost += low - pair;
          saturated++;
        }
      }
      if (even < k) sum += codes[a + even]! * weights[b + even]!;
      exact[row * n + column] = sum;
      difference[row * n + column] = lost;
    }
  }
  return { pairs: rows * n * Math.ceil(k / 2), saturated, exact, difference };
};

/** Whether any inputs at all could make a pair of these weights saturate: 255·(w₁ + w₂) must leave 16 bits.
 *  Shapes: weights [n, k]. */
export const canSaturate = (weights: Int8Array, n: number, k: number): boolean => {
  for (let column = 0; column < n; column++) {
    const end = column * k + k - (k % 2);
    for (let i = column * k; i < end; i += 2) {
      const [first, second] = [weights[i]!, weights[i + 1]!];
      // A product of the other sign can be made 0 by an input of 0.
      const up = Math.max(0, first) + Math.max(0, second);
      const down = Math.min(0, first) + Math.min(0, second);
      if (up * 255 > high || down * 255 < low) return true;
    }
  }
  return false;
};

/** Weights as the kernel has them, and what their steps are worth. Shapes: codes [n, k]; scales and zeroPoints [n]. */
export interface Weights {
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array;
  readonly n: number;
  readonly k: number;
}

/** The same weights in the given number of steps: per tensor with 127 to each side, or as they are grouped with 64.
 *  A group of zeros keeps its scale. */
export const requantize = (weights: Weights, how: 'per-tensor' | '7-bit'): Weights => {
  const { n, k } = weights;
  const codes = new Int8Array(n * k);
  const scales = new Float32Array(n);
  const largest = new Float64Array(n);
  for (let column = 0; column < n; column++) {
    let most = 0;
    const zero = weights.zeroPoints[column]!;
    for (let i = column * k; i < (column + 1) * k; i++) most = Math.max(most, Math.abs(weights.codes[i]! - zero));
    largest[column] = most * weights.scales[column]!;
  }
  const all = largest.reduce((most, value) => Math.max(most, value), 0);
  for (let column = 0; column < n; column++) {
    const zero = weights.zeroPoints[column]!;
    const scale = weights.scales[column]!;
    const next = how === 'per-tensor' ? all / 127 : largest[column]! / 64;
    scales[column] = next > 0 ? next : scale;
    for (let i = column * k; i < (column + 1) * k; i++)
      codes[i] = next > 0 ? Math.round(((weights.codes[i]! - zero) * scale) / next) : 0;
  }
  return { codes, scales, zeroPoints: new Int8Array(n), n, k };
};

/** Squared error and squared size of the products of these weights with 16-bit pairs, against the given ones in exact arithmetic.
 *  Shapes: codes [rows, k]; inputZero [rows]: zero point of each row's inputs. `known`: the reference's own products, when there already. */
export const errorOf = (
  codes: Uint8Array,
  inputZero: Float64Array,
  reference: Weights,
  used: Weights,
  known: Products | null = null,
): { readonly error: number; readonly size: number; readonly products: Products } => {
  const { n, k } = reference;
  const rows = inputZero.length;
  const truth = known ?? saturatedProducts(codes, reference.codes, rows, n, k);
  const products = used === reference ? truth : saturatedProducts(codes, used.codes, rows, n, k);
  let error = 0;
  let size = 0;
  const columnSums = (weights: Weights): Float64Array => {
    const sums = new Float64Array(n);
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = column * k; i < (column + 1) * k; i++) sum += weights.codes[i]!;
      sums[column] = sum;
    }
    return sums;
  };
  const [ours, theirs] = [columnSums(reference), columnSums(used)];
  for (let row = 0; row < rows; row++) {
    let rowSum = 0;
    for (let i = row * k; i < (row + 1) * k; i++) rowSum += codes[i]!;
    const za = inputZero[row]!;
    for (let column = 0; column < n; column++) {
      const at = row * n + column;
      // Σ (a − za)(b − zb) from Σ ab, as the kernels correct for zero points: exactly, after the sum.
      const correct = (sum: number, weights: Weights, sums: Float64Array): number => {
        const zb = weights.zeroPoints[column]!;
        return (sum - za * sums[column]! - zb * rowSum + k * za * zb) * weights.scales[column]!;
      };
      const expected = correct(truth.exact[at]!, reference, ours);
      const got = correct(products.exact[at]! + products.difference[at]!, used, theirs);
      error += (got - expected) ** 2;
      size += expected ** 2;
    }
  }
  return { error, size, products };
};
