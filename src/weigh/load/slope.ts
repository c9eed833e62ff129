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

/** The slope of something that moves in steps, such as memory: the least-squares line, with the wider of two intervals, for noise around a line and
 *  for steps that add up (mean of the increments, by t). Needs at least 3 points. Units: y per x. */
export const growthSlope = (x: ArrayLike<number>, y: ArrayLike<number>, confidence: number): Slope => {
  const { value, low, high } = leastSquaresSlope(x, y, confidence);
  const n = Math.min(x.length, y.length);
  if (Number.isNaN(value)) return { value, low, high };
  const steps = Array.from({ length: n - 1 }, (_, i) => (y[i + 1]! - y[i]!) / (x[i + 1]! - x[i]!));
  const mean = steps.reduce((sum, one) => sum + one, 0) / steps.length;
  const variance = steps.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (steps.length - 1);
  const drift = studentQuantile((1 + confidence) / 2, steps.length - 1) * Math.sqrt(variance / steps.length);
  const half = Math.max((high - low) / 2, drift);
  return { value, low: value - half, high: value + half };
};
