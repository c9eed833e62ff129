/** A symmetric matrix as Q · T · Qᵀ with T tridiagonal. */
export interface Tridiagonal {
  /** Of T [n]. */
  readonly diagonal: Float64Array;
  /** Beside the diagonal of T: element i couples i and i + 1 [n]; the last one is 0. */
  readonly beside: Float64Array;
  /** Q [n, n] row-major, orthogonal. */
  readonly q: Float64Array;
}

/** p = A·v for the leading block [size, size] of a symmetric matrix of which only the lower triangle is stored. Two rows at a time. */
const timesSymmetric = (a: Float64Array, n: number, size: number, v: Float64Array, p: Float64Array): void => {
  p.fill(0, 0, size);
  let i = 0;
  for (; i + 2 <= size; i += 2) {
    const top = i * n;
    const next = top + n;
    const vi = v[i]!;
    const vj = v[i + 1]!;
    let sumI = a[top + i]! * vi + a[next + i]! * vj;
    let sumJ = a[next + i]! * vi + a[next + i + 1]! * vj;
    for (let j = 0; j < i; j++) {
      const x = a[top + j]!;
      const y = a[next + j]!;
      const vAt = v[j]!;
      sumI += x * vAt;
      sumJ += y * vAt;
      p[j]! += x * vi + y * vj;
    }
    p[i]! += sumI;
    p[i + 1]! += sumJ;
  }
  if (i < size) {
    const top = i * n;
    let sum = a[top + i]! * v[i]!;
    for (let j = 0; j < i; j++) {
      sum += a[top + j]! * v[j]!;
      p[j]! += a[top + j]! * v[i]!;
    }
    p[i]! += sum;
  }
};

/** Q = H_{n−1} ⋯ H_2 from the reflections whose vectors lie in the rows of `a`. */
const accumulate = (a: Float64Array, n: number, betas: Float64Array): Float64Array => {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  const sums = new Float64Array(n);
  for (let i = 2; i < n; i++) {
    const beta = betas[i]!;
    if (beta === 0) continue;
    const row = i * n;
    sums.fill(0, 0, i);
    let j = 0;
    for (; j + 4 <= i; j += 4) {
      const [v0, v1, v2, v3] = [a[row + j]!, a[row + j + 1]!, a[row + j + 2]!, a[row + j + 3]!];
      const q0 = j * n;
      const q1 = q0 + n;
      const q2 = q1 + n;
      const q3 = q2 + n;
      for (let column = 0; column < i; column++)
        sums[column]! += v0 * q[q0 + column]! + v1 * q[q1 + column]! + v2 * q[q2 + column]! + v3 * q[q3 + column]!;
    }
    for (; j < i; j++) {
      const v = a[row + j]!;
      for (let column = 0; column < i; column++) sums[column]! += v * q[j * n + column]!;
    }
    for (let at = 0; at < i; at++) {
      const by = beta * a[row + at]!;
      const there = at * n;
      for (let column = 0; column < i; column++) q[there + column]! -= by * sums[column]!;
    }
  }
  return q;
};

/** Reduce a symmetric matrix by Householder reflections, from the last row up. Reads the lower triangle and overwrites it.
 *  Shapes: [n, n] row-major. NaN and infinity come out as they went in. Source: Golub and Van Loan, Matrix Computations, §8.3.1. */
export const tridiagonalize = (a: Float64Array, n: number): Tridiagonal => {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const betas = new Float64Array(n);
  const p = new Float64Array(n);
  const v = new Float64Array(n);
  for (let i = n - 1; i >= 1; i--) {
    const row = i * n;
    let largest = 0;
    for (let j = 0; j + 1 < i; j++) largest = Math.max(largest, Math.abs(a[row + j]!));
    if (largest === 0) {
      // The row is tridiagonal already.
      beside[i - 1] = a[row + i - 1]!;
      continue;
    }
    largest = Math.max(largest, Math.abs(a[row + i - 1]!));
    let square = 0;
    for (let j = 0; j < i; j++) {
      const value = a[row + j]! / largest;
      v[j] = value;
      square += value * value;
    }
    const pivot = v[i - 1]!;
    const alpha = pivot > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    v[i - 1] = pivot - alpha;
    const beta = 1 / (square - alpha * pivot);
    beside[i - 1] = alpha * largest;
    betas[i] = beta;
    timesSymmetric(a, n, i, v, p);
    let inner = 0;
    for (let j = 0; j < i; j++) inner += (p[j]! *= beta) * v[j]!;
    const half = (beta * inner) / 2;
    for (let j = 0; j < i; j++) p[j]! -= half * v[j]!;
    for (let r = 0; r < i; r++) {
      const there = r * n;
      const vr = v[r]!;
      const pr = p[r]!;
      for (let column = 0; column <= r; column++) a[there + column]! -= vr * p[column]! + pr * v[column]!;
    }
    a.set(v.subarray(0, i), row);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  return { diagonal, beside, q: accumulate(a, n, betas) };
};
