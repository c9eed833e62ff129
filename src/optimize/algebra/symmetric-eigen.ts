import { SteelyardError } from '../../contracts/index.ts';

export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** Row i is the unit vector of value i: [n, n]. */
  readonly vectors: Float64Array;
}

/** Reflect the matrix to tridiagonal form T = QᵀAQ. Answers the diagonal, what stands beside it (`beside[i]` between i and i + 1),
 *  and Qᵀ by rows. Overwrites `a`. */
const tridiagonal = (a: Float64Array, n: number) => {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  /** 2 / vᵀv of each reflection; its vector v stays in column k of `a`, below the diagonal. */
  const factors = new Float64Array(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    let square = 0;
    for (let i = k + 1; i < n; i++) square += (v[i] = a[i * n + k]!) ** 2;
    const first = v[k + 1]!;
    const tail = square - first * first;
    if (k === n - 2 || tail <= 0) {
      beside[k] = first;
      continue;
    }
    const target = first > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    v[k + 1] = first - target;
    const factor = 2 / (tail + v[k + 1]! ** 2);
    beside[k] = target;
    factors[k] = factor;
    // p = factor · A v on the part not yet reduced; rows are read whole, for A is symmetric.
    let along = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      const row = i * n;
      for (let j = k + 1; j < n; j++) sum += a[row + j]! * v[j]!;
      p[i] = factor * sum;
      along += p[i]! * v[i]!;
    }
    const half = (factor / 2) * along;
    for (let i = k + 1; i < n; i++) p[i]! -= half * v[i]!;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const [vi, pi] = [v[i]!, p[i]!];
      for (let j = k + 1; j < n; j++) a[row + j]! -= vi * p[j]! + pi * v[j]!;
    }
    for (let i = k + 1; i < n; i++) a[i * n + k] = v[i]!;
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  // Q = H₀H₁…: its rows transposed, built from the last reflection to the first.
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    const factor = factors[k]!;
    if (factor === 0) continue;
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!;
    for (let row = k + 1; row < n; row++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += vectors[row * n + j]! * v[j]!;
      sum *= factor;
      for (let j = k + 1; j < n; j++) vectors[row * n + j]! -= sum * v[j]!;
    }
  }
  return { diagonal, beside, vectors };
};

/** Rotations that drive what stands beside the diagonal to zero, with shifts; the rows of `z` turn along. In place. */
const diagonalize = (d: Float64Array, e: Float64Array, z: Float64Array, n: number): void => {
  for (let low = 0; low < n; low++)
    for (let round = 0; ; round++) {
      let end = low;
      while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!))) end++;
      if (end === low) break;
      if (round === 60)
        throw new SteelyardError('optimize/eigen', 'the eigenvalues of a matrix of weights do not settle');
      let g = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const root = Math.hypot(g, 1);
      g = d[end]! - d[low]! + e[low]! / (g + (g < 0 ? -root : root));
      let [sine, cosine, shift] = [1, 1, 0];
      let i = end - 1;
      for (; i >= low; i--) {
        const f = sine * e[i]!;
        const b = cosine * e[i]!;
        const length = Math.hypot(f, g);
        e[i + 1] = length;
        if (length === 0) {
          d[i + 1]! -= shift;
          e[end] = 0;
          break;
        }
        sine = f / length;
        cosine = g / length;
        g = d[i + 1]! - shift;
        const turn = (d[i]! - g) * sine + 2 * cosine * b;
        shift = sine * turn;
        d[i + 1] = g + shift;
        g = cosine * turn - b;
        const [at, next] = [i * n, (i + 1) * n];
        for (let k = 0; k < n; k++) {
          const [x, y] = [z[at + k]!, z[next + k]!];
          z[next + k] = sine * x + cosine * y;
          z[at + k] = cosine * x - sine * y;
        }
      }
      if (i >= low) continue;
      d[low]! -= shift;
      e[low] = g;
      e[end] = 0;
    }
};

/** Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to tridiagonal form, then QL with implicit shifts.
 *  Shapes: [n, n], both halves filled. A vector's sign is such that its largest component is positive: the same matrix gives the
 *  same vectors. Time: about 5n³. Errors: `optimize/eigen` when a value is not finite or it does not settle.
 *  Source: Golub and Van Loan, Matrix Computations, §8.3. */
export const symmetricEigen = (matrix: Float64Array, n: number): Eigen => {
  if (!matrix.every(Number.isFinite))
    throw new SteelyardError('optimize/eigen', 'a matrix made of weights holds a value that is not finite');
  const { diagonal, beside, vectors } = tridiagonal(matrix.slice(), n);
  diagonalize(diagonal, beside, vectors, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => diagonal[b]! - diagonal[a]! || a - b);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) {
    const row = vectors.subarray(from * n, (from + 1) * n);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
    const sign = largest < 0 ? -1 : 1;
    for (let k = 0; k < n; k++) sorted[to * n + k] = sign * row[k]!;
  }
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted };
};
