/** Rows that one panel of the factorization finishes. */
const panel = 64;
/** Columns of finished work that are applied at a time: a panel's share of them stays in the cache. */
const depth = 256;

/** a[i..i+2, j..j+4] −= Σ_{k from … to} a[i.., k] · a[j.., k]. `stride` is the row length. */
const subtractTile = (a: Float64Array, stride: number, i: number, j: number, from: number, to: number): void => {
  const p = i * stride;
  const q = p + stride;
  const r = j * stride;
  const s = r + stride;
  const t = s + stride;
  const u = t + stride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let k = from; k < to; k++) {
    const x = a[p + k]!;
    const y = a[q + k]!;
    const b0 = a[r + k]!;
    const b1 = a[s + k]!;
    const b2 = a[t + k]!;
    const b3 = a[u + k]!;
    s00 += x * b0;
    s01 += x * b1;
    s02 += x * b2;
    s03 += x * b3;
    s10 += y * b0;
    s11 += y * b1;
    s12 += y * b2;
    s13 += y * b3;
  }
  a[p + j]! -= s00;
  a[p + j + 1]! -= s01;
  a[p + j + 2]! -= s02;
  a[p + j + 3]! -= s03;
  a[q + j]! -= s10;
  a[q + j + 1]! -= s11;
  a[q + j + 2]! -= s12;
  a[q + j + 3]! -= s13;
};

/** The same for a single element, with as many terms as it needs. */
const subtractOne = (a: Float64Array, stride: number, i: number, j: number, from: number, to: number): void => {
  let sum = 0;
  for (let k = from; k < to; k++) sum += a[i * stride + k]! * a[j * stride + k]!;
  a[i * stride + j]! -= sum;
};

/** Factor a symmetric matrix in place, A = L·Lᵀ: reads and writes the lower triangle only, the upper one keeps whatever it held.
 *  Shapes: [n, n] row-major. Answers false, with the matrix half done, when it is not positive definite (or holds NaN).
 *  Source: Cholesky, row-oriented in panels. */
export const cholesky = (a: Float64Array, n: number): boolean => {
  for (let start = 0; start < n; start += panel) {
    const end = Math.min(n, start + panel);
    for (let from = 0; from < start; from += depth) {
      const to = Math.min(start, from + depth);
      let i = start;
      for (; i + 2 <= n; i += 2) {
        let j = start;
        // Elements above the diagonal are computed along inside the panel; nobody reads them.
        for (; j + 4 <= end; j += 4) subtractTile(a, n, i, j, from, to);
        for (; j < end; j++) {
          subtractOne(a, n, i, j, from, to);
          subtractOne(a, n, i + 1, j, from, to);
        }
      }
      for (; i < n; i++) for (let j = start; j < end; j++) subtractOne(a, n, i, j, from, to);
    }
    for (let j = start; j < end; j++) {
      subtractOne(a, n, j, j, start, j);
      const pivot = a[j * n + j]!;
      if (!(pivot > 0) || pivot === Number.POSITIVE_INFINITY) return false;
      const root = Math.sqrt(pivot);
      a[j * n + j] = root;
      for (let i = j + 1; i < n; i++) {
        subtractOne(a, n, i, j, start, j);
        a[i * n + j]! /= root;
      }
    }
  }
  return true;
};
