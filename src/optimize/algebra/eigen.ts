import { tridiagonalize } from './tridiagonal.ts';

/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigen {
  /** Falling [n]. */
  readonly values: Float64Array;
  /** [n, n] row-major: row i is the unit eigenvector of values[i]. */
  readonly vectors: Float64Array;
}

/** Sweeps that one eigenvalue may take; two or three are usual. */
const mostSweeps = 60;
/** Rotations that are collected before they are applied. */
const room = 1 << 14;

/** Plane rotations of neighbouring columns in sweeps, applied to a matrix row by row: a row stays in the cache for all of them. */
const sweeps = (q: Float64Array, n: number) => {
  const cosines = new Float64Array(room + n);
  const sines = new Float64Array(room + n);
  let count = 0;
  /** Column where a sweep begins, and where its rotations end in the list. */
  const starts: number[] = [];
  const ends: number[] = [];

  const four = (top: number): void => {
    const [r0, r1, r2, r3] = [top, top + n, top + 2 * n, top + 3 * n] as const;
    let at = 0;
    for (let sweep = 0; sweep < starts.length; sweep++) {
      let column = starts[sweep]!;
      let f0 = q[r0 + column]!;
      let f1 = q[r1 + column]!;
      let f2 = q[r2 + column]!;
      let f3 = q[r3 + column]!;
      for (const end = ends[sweep]!; at < end; at++) {
        const c = cosines[at]!;
        const s = sines[at]!;
        const left = column - 1;
        const g0 = q[r0 + left]!;
        const g1 = q[r1 + left]!;
        const g2 = q[r2 + left]!;
        const g3 = q[r3 + left]!;
        q[r0 + column] = s * g0 + c * f0;
        q[r1 + column] = s * g1 + c * f1;
        q[r2 + column] = s * g2 + c * f2;
        q[r3 + column] = s * g3 + c * f3;
        f0 = c * g0 - s * f0;
        f1 = c * g1 - s * f1;
        f2 = c * g2 - s * f2;
        f3 = c * g3 - s * f3;
        column = left;
      }
      q[r0 + column] = f0;
      q[r1 + column] = f1;
      q[r2 + column] = f2;
      q[r3 + column] = f3;
    }
  };
  const one = (top: number): void => {
    let at = 0;
    for (let sweep = 0; sweep < starts.length; sweep++) {
      let column = starts[sweep]!;
      let f = q[top + column]!;
      for (const end = ends[sweep]!; at < end; at++) {
        const g = q[top + column - 1]!;
        q[top + column] = sines[at]! * g + cosines[at]! * f;
        f = cosines[at]! * g - sines[at]! * f;
        column--;
      }
      q[top + column] = f;
    }
  };
  const flush = (): void => {
    let row = 0;
    for (; row + 4 <= n; row += 4) four(row * n);
    for (; row < n; row++) one(row * n);
    count = 0;
    starts.length = 0;
    ends.length = 0;
  };
  return {
    /** A sweep begins at this column and goes left. */
    begin: (column: number): void => {
      if (count >= room) flush();
      starts.push(column);
    },
    rotate: (c: number, s: number): void => {
      cosines[count] = c;
      sines[count++] = s;
    },
    end: (): void => void ends.push(count),
    flush,
  };
};

/** Diagonalize T in place by implicitly shifted QL steps and turn the columns of Q along. Answers false when a value does not settle, which
 *  happens with NaN or infinity only. */
const diagonalize = (d: Float64Array, e: Float64Array, q: Float64Array, n: number): boolean => {
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!));
  if (!Number.isFinite(norm)) return false;
  const negligible = Number.EPSILON * norm;
  const turns = sweeps(q, n);
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high + 1 < n && !(Math.abs(e[high]!) <= negligible)) high++;
      if (high === low) break;
      if (sweep === mostSweeps) return false;
      const offset = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const root = Math.hypot(offset, 1);
      let g = d[high]! - d[low]! + e[low]! / (offset + (offset < 0 ? -root : root));
      let c = 1;
      let s = 1;
      let p = 0;
      turns.begin(high);
      let i = high - 1;
      for (; i >= low; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          // The chain broke: the block falls apart here.
          d[i + 1]! -= p;
          e[high] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        const t = (d[i]! - g) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        turns.rotate(c, s);
      }
      turns.end();
      if (i >= low) continue;
      d[low]! -= p;
      e[low] = g;
      e[high] = 0;
    }
  }
  turns.flush();
  return true;
};

/** All eigenvalues and eigenvectors of a symmetric matrix; the lower triangle is read, the matrix is overwritten. Absolute error about
 *  n · 1e-16 times the largest eigenvalue. A vector's largest component is positive. Answers null for NaN or infinity.
 *  Shapes: [n, n] row-major. Source: Householder reduction and implicit QL, Golub and Van Loan, Matrix Computations, §8.3. */
export const symmetricEigen = (a: Float64Array, n: number): Eigen | null => {
  const { diagonal, beside, q } = tridiagonalize(a, n);
  if (!diagonalize(diagonal, beside, q, n)) return null;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((x, y) => diagonal[y]! - diagonal[x]! || x - y);
  const vectors = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    const from = order[row]!;
    let largest = 0;
    // A hair's breadth is no reason to prefer a later component.
    for (let i = 0; i < n; i++) {
      const value = q[i * n + from]!;
      if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
    }
    const sign = largest < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) vectors[row * n + i] = sign * q[i * n + from]!;
  }
  return { values: Float64Array.from(order, (from) => diagonal[from]!), vectors };
};
