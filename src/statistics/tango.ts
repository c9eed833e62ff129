import { normalCdf, normalQuantile } from './special.ts';
import type { Interval } from './proportions.ts';

/** Discordant pairs of two classifiers on the same n items. */
export interface Pairs {
  /** Baseline right, candidate wrong. */
  readonly b: number;
  /** Baseline wrong, candidate right. */
  readonly c: number;
  readonly n: number;
}

/** Tango's score statistic for H0: Δ = D, where Δ is candidate minus baseline accuracy; positive when Δ looks larger than D.
 *  Source: Tango, Statistics in Medicine 1998; D = 0 is McNemar's statistic. */
export const tangoStatistic = ({ b, c, n }: Pairs, difference: number): number => {
  const top = c - b - n * difference;
  const A = 2 * n;
  const B = -(b + c) + (2 * n - c + b) * difference;
  const C = -b * difference * (1 - difference);
  const q = (Math.sqrt(Math.max(0, B * B - 4 * A * C)) - B) / (2 * A);
  const variance = n * (2 * q + difference * (1 - difference));
  if (variance <= 1e-300) return top === 0 ? 0 : top > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return top / Math.sqrt(variance);
};

/** One-sided test that the candidate is not worse than the baseline by `margin` or more: H0 Δ ≤ −margin.
 *  Units: margin as a proportion, above −1 and below 1. A small p claims non-inferiority. Without any pair nothing is claimed: p = 1. */
export const tangoTest = (pairs: Pairs, margin: number): { readonly z: number; readonly p: number } => {
  if (pairs.n === 0) return { z: 0, p: 1 };
  const z = tangoStatistic(pairs, -margin);
  return { z, p: normalCdf(-z) };
};

/** Score interval of Δ by inverting the statistic; from −1 to 1 without any pair. */
export const tangoInterval = (pairs: Pairs, confidence: number): Interval => {
  if (pairs.n === 0) return { low: -1, high: 1 };
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const observed = (pairs.c - pairs.b) / pairs.n;
  const search = (from: number, to: number, target: number): number => {
    // The statistic falls as the difference grows.
    let low = from;
    let high = to;
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2;
      if (tangoStatistic(pairs, middle) > target) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  const edge = 1 - 1e-12;
  return { low: search(-edge, observed, z), high: search(observed, edge, -z) };
};
