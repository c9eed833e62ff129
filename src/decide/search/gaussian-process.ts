import { coded, kernelOf, type Coded, type KernelOptions } from './kernel.ts';
import type { Point } from '../../contracts/index.ts';
import type { Shape } from './shape.ts';

/** One thing known about a point: a value and the variance of its error. */
export interface Known {
  readonly point: Point;
  readonly value: number;
  readonly variance: number;
}

/** What is believed about points: means and standard deviations of their true values. */
export interface Belief {
  readonly means: Float64Array;
  readonly sds: Float64Array;
}

/** Variance, relative to the values' own, of what no setting explains. */
const nugget = 2e-3;
/** Rows on which kernels are compared. */
const compared = 56;

/** Lower triangle of the Cholesky factor, row by row, in place. Errors (bugs): a matrix that is not positive definite. */
const factorize = (matrix: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      if (i === j) {
        if (!(sum > 0)) throw new Error('a covariance is not positive definite');
        matrix[i * n + i] = Math.sqrt(sum);
      } else matrix[i * n + j] = sum / matrix[j * n + j]!;
    }
};

/** L x = b in place. */
const solveLower = (factor: Float64Array, b: Float64Array): void => {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
};

/** Lᵀ x = b in place. */
const solveUpper = (factor: Float64Array, b: Float64Array): void => {
  const n = b.length;
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
};

const factorOf = (
  points: readonly Coded[],
  variances: readonly number[],
  kernel: (a: Coded, b: Coded) => number,
): Float64Array => {
  const n = points.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = kernel(points[i]!, points[j]!);
    matrix[i * n + i]! += variances[i]! + nugget;
  }
  factorize(matrix, n);
  return matrix;
};

/** How likely the values are under a kernel, in log units up to a constant. */
const likelihood = (
  points: readonly Coded[],
  values: readonly number[],
  variances: readonly number[],
  kernel: (a: Coded, b: Coded) => number,
): number => {
  const factor = factorOf(points, variances, kernel);
  const n = points.length;
  const white = Float64Array.from(values);
  solveLower(factor, white);
  let sum = 0;
  for (let i = 0; i < n; i++) sum -= 0.5 * white[i]! * white[i]! + Math.log(factor[i * n + i]!);
  return sum;
};

/** How much of the values' variance each dimension explains by itself, adjusted for its number of values (Ezekiel 1930), and a little for all;
 *  summing to 1. */
const relevanceOf = (shape: Shape, points: readonly Coded[], values: readonly number[]): number[] => {
  const n = points.length;
  const total = values.reduce((sum, value) => sum + value * value, 0);
  const shares = shape.sizes.map((size, dimension) => {
    const sums = new Float64Array(size + 1);
    const numbers = new Float64Array(size + 1);
    for (let i = 0; i < n; i++) {
      sums[points[i]![dimension]!]! += values[i]!;
      numbers[points[i]![dimension]!]! += 1;
    }
    const groups = numbers.filter((count) => count > 0).length;
    if (groups < 2 || n <= groups + 1 || total === 0) return 0;
    const between = sums.reduce(
      (sum, one, group) => sum + (numbers[group]! > 0 ? (one * one) / numbers[group]! : 0),
      0,
    );
    return Math.max(0, 1 - ((1 - between / total) * (n - 1)) / (n - groups));
  });
  const floor = 0.1 + 0.5 / Math.sqrt(n);
  const sum = shares.reduce((all, share) => all + share + floor, 0);
  return shares.map((share) => (share + floor) / sum);
};

const additives = [0.4, 0.85];
const decays = [0.4, 1.2, 3.5];

/** A Gaussian process over points: what was seen of some tells what others are like, and how sure that is. The kernel is the likeliest of a few,
 *  its relevances from the values themselves.
 *  Units: those of the values. Errors: none; without rows nothing is believed (mean 0, deviation 1).
 *  Source: Rasmussen & Williams 2006, Algorithm 2.1 and §5.4.1. */
export const fit = (shape: Shape, rows: readonly Known[]): ((points: readonly Point[]) => Belief) => {
  if (rows.length === 0)
    return (points) => ({ means: new Float64Array(points.length), sds: new Float64Array(points.length).fill(1) });
  const weights = rows.map(({ variance }) => 1 / (variance + 1e-9));
  const plain = rows.reduce((sum, { value }) => sum + value, 0) / rows.length;
  const spread = Math.sqrt(rows.reduce((sum, { value }) => sum + (value - plain) ** 2, 0) / rows.length);
  const scale = spread > 1e-12 ? spread : Math.max(1e-9, ...rows.map(({ variance }) => Math.sqrt(variance)));
  // What is known poorly should not pull the center along.
  const firm = weights.map((weight) => 1 / (1 / weight + scale * scale));
  const center =
    rows.reduce((sum, { value }, at) => sum + firm[at]! * value, 0) / firm.reduce((sum, weight) => sum + weight, 0);
  const points = rows.map(({ point }) => coded(shape, point));
  const values = rows.map(({ value }) => (value - center) / scale);
  const variances = rows.map(({ variance }) => Math.min(1e4, variance / (scale * scale)));
  const some =
    rows.length <= compared
      ? null
      : Array.from({ length: compared }, (_, i) => Math.floor((i * rows.length) / compared));
  const part = <T>(all: readonly T[]): readonly T[] => (some === null ? all : some.map((index) => all[index]!));
  const relevance = relevanceOf(shape, points, values);
  let best: { options: KernelOptions; value: number } | null = null;
  for (const additive of additives)
    for (const decay of decays) {
      const options = { additive, decay, relevance };
      const value = likelihood(part(points), part(values), part(variances), kernelOf(shape, options));
      if (best === null || value > best.value) best = { options, value };
    }
  const kernel = kernelOf(shape, best!.options);
  const factor = factorOf(points, variances, kernel);
  const weighted = Float64Array.from(values);
  solveLower(factor, weighted);
  solveUpper(factor, weighted);
  return (asked) => {
    const means = new Float64Array(asked.length);
    const sds = new Float64Array(asked.length);
    const column = new Float64Array(rows.length);
    for (const [at, point] of asked.entries()) {
      const own = coded(shape, point);
      let mean = 0;
      for (let i = 0; i < column.length; i++) {
        column[i] = kernel(own, points[i]!);
        mean += column[i]! * weighted[i]!;
      }
      solveLower(factor, column);
      let known = 0;
      for (let i = 0; i < column.length; i++) known += column[i]! * column[i]!;
      means[at] = center + scale * mean;
      sds[at] = scale * Math.sqrt(Math.max(nugget, kernel(own, own) + nugget - known));
    }
    return { means, sds };
  };
};
