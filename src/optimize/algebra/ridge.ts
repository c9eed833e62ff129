import { cholesky } from './cholesky.ts';
import { timesTransposed, transposed64 } from './product.ts';

/** Columns that are solved at a time: their part of every row stays in the cache. */
const strip = 64;

/** Solve L·Lᵀ·X = B in place. Shapes: factor [k, k], lower triangle; b [k, n], which becomes X. */
export const solveFactored = (factor: Float64Array, k: number, b: Float64Array, n: number): void => {
  for (let left = 0; left < n; left += strip) {
    const right = Math.min(n, left + strip);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < i; j++) {
        const weight = factor[i * k + j]!;
        for (let c = left; c < right; c++) b[i * n + c]! -= weight * b[j * n + c]!;
      }
      const pivot = 1 / factor[i * k + i]!;
      for (let c = left; c < right; c++) b[i * n + c]! *= pivot;
    }
    for (let i = k - 1; i >= 0; i--) {
      for (let j = i + 1; j < k; j++) {
        const weight = factor[j * k + i]!;
        for (let c = left; c < right; c++) b[i * n + c]! -= weight * b[j * n + c]!;
      }
      const pivot = 1 / factor[i * k + i]!;
      for (let c = left; c < right; c++) b[i * n + c]! *= pivot;
    }
  }
};

export interface Damped {
  readonly factor: Float64Array;
  /** λ. */
  readonly added: number;
}

/** The factor of G + λ·I with λ = damping · mean of G's diagonal, raised until it is positive definite. The last `free` places get no λ
 *  beyond rounding: an intercept is not shrunk. null: G holds numbers that are not finite. Shapes: gram [k, k] → [k, k]. */
export const dampedFactor = (gram: Float64Array, k: number, damping: number, free: number): Damped | null => {
  let trace = 0;
  for (let i = 0; i < k - free; i++) trace += gram[i * k + i]!;
  const mean = k > free ? trace / (k - free) : 0;
  if (gram.some((value) => !Number.isFinite(value))) return null;
  for (let share = damping, turn = 0; turn < 9; share = Math.max(share, 1e-9) * 10, turn++) {
    const factor = gram.slice();
    const added = share * mean;
    for (let i = 0; i < k; i++)
      factor[i * k + i]! += i < k - free ? added || 1e-30 : Math.max(1e-12 * gram[i * k + i]!, 1e-30);
    if (cholesky(factor, k)) return { factor, added };
  }
  return null;
};

const picked = (
  matrix: ArrayLike<number>,
  size: number,
  rows: readonly number[],
  columns: readonly number[],
): Float64Array => {
  const result = new Float64Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    for (let j = 0; j < columns.length; j++) result[i * columns.length + j] = matrix[row * size + columns[j]!]!;
  });
  return result;
};

const rowsOf = (matrix: Float32Array, n: number, rows: readonly number[]): Float64Array => {
  const result = new Float64Array(rows.length * n);
  rows.forEach((row, i) => result.set(matrix.subarray(row * n, row * n + n), i * n));
  return result;
};

/** a · b for symmetric parts of moments and rows of a weight. Shapes: a [m, k], b [k, n]. */
const times = (a: Float64Array, m: number, k: number, b: Float64Array, n: number): Float64Array =>
  timesTransposed(a, m, transposed64(b, k, n), n, k);

const dot = (a: Float64Array, b: Float64Array, length = a.length): number => {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

export interface Thinning {
  /** Σ zᵀz over all rows, z = [x, 1]. [k + 1, k + 1]. */
  readonly moments: Float32Array;
  /** [k, n]. */
  readonly weight: Float32Array;
  readonly k: number;
  readonly n: number;
  /** Rows of the weight that stay, ascending. */
  readonly kept: readonly number[];
  readonly damping: number;
  /** Whether there is a bias that can take up a constant. */
  readonly bias: boolean;
}

export interface Thinned {
  /** [kept, n]. */
  readonly weight: Float32Array;
  /** What the bias has to grow by, [n]; zeros without one. */
  readonly shift: Float32Array;
  /** ‖XW − (X_k W' + shift)‖ / ‖XW‖ over these rows: with the kept rows as they were, and after. */
  readonly before: number;
  readonly after: number;
  /** false: the moments were not finite, and the kept rows stay as they were. */
  readonly solved: boolean;
}

/** Rows of a weight that make up, as well as a linear map can, for those that go: least squares over the inputs that the moments
 *  describe, held to the kept rows by λ: W' = W_k + (X_kᵀX_k + λI)⁻¹ X_kᵀ X_d W_d, which is (X_kᵀX_k + λI)⁻¹ X_kᵀ X W for λ → 0.
 *  Source: normal equations; Hoerl and Kennard 1970. */
export const thin = ({ moments, weight, k, n, kept, damping, bias }: Thinning): Thinned => {
  const size = k + 1;
  const stays = new Set(kept);
  const gone = count(k).filter((i) => !stays.has(i));
  const rows = bias ? [...kept, k] : [...kept];
  const stayed = rowsOf(weight, n, kept);
  const lost = rowsOf(weight, n, gone);
  const cross = times(picked(moments, size, rows, gone), rows.length, gone.length, lost, n);
  const lostSquare = dot(lost, times(picked(moments, size, gone, gone), gone.length, gone.length, lost, n));
  // ‖XW‖² = ‖X_k W_k‖² + 2⟨X_k W_k, X_d W_d⟩ + ‖X_d W_d‖².
  const own = dot(stayed, times(picked(moments, size, kept, kept), kept.length, kept.length, stayed, n));
  const whole = own + 2 * dot(stayed, cross, stayed.length) + lostSquare;
  const relative = (square: number): number => (whole > 0 ? Math.sqrt(Math.max(0, square) / whole) : 0);
  const result = Float32Array.from(stayed);
  const shift = new Float32Array(n);
  const before = relative(lostSquare);
  const damped = dampedFactor(picked(moments, size, rows, rows), rows.length, damping, bias ? 1 : 0);
  if (!damped || !Number.isFinite(whole)) return { weight: result, shift, before, after: before, solved: false };
  const answer = cross.slice();
  solveFactored(damped.factor, rows.length, answer, n);
  // ‖X_d W_d − X_r A‖² with X_rᵀX_r A = c − λA.
  const square = lostSquare - dot(answer, cross) - damped.added * dot(answer, answer, stayed.length);
  for (let i = 0; i < result.length; i++) result[i] = stayed[i]! + answer[i]!;
  if (bias) for (let c = 0; c < n; c++) shift[c] = answer[kept.length * n + c]!;
  return { weight: result, shift, before, after: relative(square), solved: true };
};

export interface Fitting {
  /** Σ zᵀz, z = [x, 1]. [k + 1, k + 1]. */
  readonly moments: Float32Array;
  /** Σ zᵀy. [k + 1, n]. */
  readonly cross: Float32Array;
  /** Σ y² of all columns together. */
  readonly square: number;
  /** [k, n] and [n]: what the layer computes now, and what the answer is held to. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly k: number;
  readonly n: number;
  readonly damping: number;
  /** Whether the bias may change. */
  readonly free: boolean;
}

export interface Fitted {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** ‖Y − (XW + b)‖ / ‖Y‖ over these rows, before and after. */
  readonly before: number;
  readonly after: number;
  readonly solved: boolean;
}

/** The linear layer that comes nearest to wanted outputs, held to the present one by λ: V = V₀ + (ZᵀZ + λI)⁻¹ Zᵀ (Y − Z V₀) with Z = [X, 1]
 *  and V = [W; b]. Source: normal equations; Hoerl and Kennard 1970. */
export const fit = ({ moments, cross, square, weight, bias, k, n, damping, free }: Fitting): Fitted => {
  const size = k + 1;
  const present = new Float64Array(size * n);
  present.set(weight);
  present.set(bias, k * n);
  const made = times(Float64Array.from(moments), size, size, present, n);
  const rest = Float64Array.from(cross, (value, i) => value - made[i]!);
  const start = square - 2 * dot(present, Float64Array.from(cross)) + dot(present, made);
  const relative = (sum: number): number => (square > 0 ? Math.sqrt(Math.max(0, sum) / square) : 0);
  const before = relative(start);
  const rows = count(free ? size : k);
  const damped = dampedFactor(picked(moments, size, rows, rows), rows.length, damping, free ? 1 : 0);
  if (!damped || !Number.isFinite(start)) return { weight, bias, before, after: before, solved: false };
  const step = rest.slice(0, rows.length * n);
  solveFactored(damped.factor, rows.length, step, n);
  const end = start - dot(step, rest, step.length) - damped.added * dot(step, step, k * n);
  const next = weight.map((value, i) => value + step[i]!);
  const nextBias = free ? bias.map((value, c) => value + step[k * n + c]!) : bias;
  return { weight: next, bias: nextBias, before, after: relative(end), solved: true };
};
