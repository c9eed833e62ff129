import type { Interval } from './proportions.ts';
import { mean } from './quantiles.ts';
import { studentCdf, studentQuantile } from './special.ts';

export interface MeanTest extends Interval {
  /** Mean of the first minus mean of the second. */
  readonly value: number;
  readonly t: number;
  readonly degreesOfFreedom: number;
  /** Two-sided p-value of H0 "no difference". */
  readonly p: number;
}

/** Variance with n − 1 below. NaN for fewer than two values. */
export const variance = (values: ArrayLike<number>): number => {
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - center) ** 2;
  return values.length < 2 ? Number.NaN : sum / (values.length - 1);
};

const testOf = (value: number, error: number, degreesOfFreedom: number, confidence: number): MeanTest => {
  if (error === 0)
    return {
      value,
      low: value,
      high: value,
      t: value === 0 ? 0 : value * Infinity,
      degreesOfFreedom,
      p: value === 0 ? 1 : 0,
    };
  const reach = studentQuantile(1 - (1 - confidence) / 2, degreesOfFreedom) * error;
  const t = value / error;
  return {
    value,
    low: value - reach,
    high: value + reach,
    t,
    degreesOfFreedom,
    p: 2 * studentCdf(-Math.abs(t), degreesOfFreedom),
  };
};

const nothing = (value: number): MeanTest => ({
  value,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  t: 0,
  degreesOfFreedom: 0,
  p: 1,
});

/** Two separate samples whose spreads may differ. Not for the same items under two models (see `pairedT`), nor for runs that follow each other
 *  on a machine whose speed wanders. Fewer than two values on a side claim nothing: p = 1. Source: Welch 1947; Satterthwaite 1946. */
export const welch = (a: ArrayLike<number>, b: ArrayLike<number>, confidence = 0.95): MeanTest => {
  const value = mean(a) - mean(b);
  if (a.length < 2 || b.length < 2) return nothing(value);
  const [x, y] = [variance(a) / a.length, variance(b) / b.length];
  const degrees = (x + y) ** 2 / (x ** 2 / (a.length - 1) + y ** 2 / (b.length - 1));
  return testOf(value, Math.sqrt(x + y), x + y === 0 ? a.length + b.length - 2 : degrees, confidence);
};

/** The same items under two conditions: Student's t on their differences, first minus second. Fewer than two pairs claim nothing: p = 1.
 *  Source: Student 1908. */
export const pairedT = (a: ArrayLike<number>, b: ArrayLike<number>, confidence = 0.95): MeanTest => {
  if (a.length !== b.length) throw new Error(`pairs of ${a.length} and ${b.length} values`);
  const differences = Float64Array.from({ length: a.length }, (_, i) => a[i]! - b[i]!);
  const value = mean(differences);
  if (differences.length < 2) return nothing(value);
  return testOf(value, Math.sqrt(variance(differences) / differences.length), differences.length - 1, confidence);
};
