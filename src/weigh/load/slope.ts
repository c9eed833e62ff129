import { studentQuantile } from '../../statistics/index.ts';

export interface Slope {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Slope of a least-squares line with its two-sided t interval; NaN where x does not vary or there are fewer than 3 points.
 *  Units: y per x. Source: ordinary least squares, s/√Σ(x − x̄)². */
export const leastSquaresSlope = (x: ArrayLike<number>, y: ArrayLike<number>, confidence: number): Slope => {
  const n = Math.min(x.length, y.length);
  if (n < 3) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  let [mx, my] = [0, 0];
  for (let i = 0; i < n; i++) {
    mx += x[i]! / n;
    my += y[i]! / n;
  }
  let [xx, xy] = [0, 0];
  for (let i = 0; i < n; i++) {
    xx += (x[i]! - mx) ** 2;
    xy += (x[i]! - mx) * (y[i]! - my);
  }
  if (xx === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const value = xy / xx;
  let residual = 0;
  for (let i = 0; i < n; i++) residual += (y[i]! - my - value * (x[i]! - mx)) ** 2;
  const half = studentQuantile((1 + confidence) / 2, n - 2) * Math.sqrt(residual / (n - 2) / xx);
  return { value, low: value - half, high: value + half };
};
