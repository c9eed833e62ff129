import { binomialCdf, incompleteBeta, normalCdf, normalQuantile } from './special.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson score interval of a proportion. Source: Wilson 1927. */
export const wilson = (successes: number, n: number, confidence: number): Interval => {
  if (n === 0) return { low: 0, high: 1 };
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const p = successes / n;
  const center = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return {
    low: successes === 0 ? 0 : Math.max(0, center - half),
    high: successes === n ? 1 : Math.min(1, center + half),
  };
};

/** Successes out of a number of tries. */
export interface Share {
  readonly successes: number;
  readonly n: number;
}

/** Interval of the difference of two shares of separate items, first minus second (for the same items under two models: `tangoInterval`).
 *  From −1 to 1 when a side has no item. Source: Newcombe 1998, method 10. */
export const newcombe = (a: Share, b: Share, confidence: number): Interval & { readonly value: number } => {
  if (a.n === 0 || b.n === 0) return { value: Number.NaN, low: -1, high: 1 };
  const [p, q] = [a.successes / a.n, b.successes / b.n];
  const [x, y] = [wilson(a.successes, a.n, confidence), wilson(b.successes, b.n, confidence)];
  return {
    value: p - q,
    low: Math.max(-1, p - q - Math.hypot(p - x.low, y.high - q)),
    high: Math.min(1, p - q + Math.hypot(x.high - p, q - y.low)),
  };
};

const invertBeta = (target: number, a: number, b: number): number => {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Exact (conservative) interval of a proportion. Source: Clopper & Pearson 1934. */
export const clopperPearson = (successes: number, n: number, confidence: number): Interval => {
  const alpha = 1 - confidence;
  return {
    low: successes === 0 ? 0 : invertBeta(alpha / 2, successes, n - successes + 1),
    high: successes === n ? 1 : invertBeta(1 - alpha / 2, successes + 1, n - successes),
  };
};

/** McNemar's test on discordant pairs b and c: two-sided exact and mid-p values, and the continuity-corrected χ² statistic's p.
 *  With no discordant pair nothing speaks for a difference: p = 1. Source: McNemar 1947; Fagerland et al. 2013 (mid-p). */
export const mcnemar = (
  b: number,
  c: number,
): { readonly exact: number; readonly midP: number; readonly corrected: number } => {
  const n = b + c;
  if (n === 0) return { exact: 1, midP: 1, corrected: 1 };
  const least = Math.min(b, c);
  const tail = binomialCdf(least, n, 0.5);
  const point = tail - binomialCdf(least - 1, n, 0.5);
  const chi = Math.max(0, Math.abs(b - c) - 1) ** 2 / n;
  return {
    exact: Math.min(1, 2 * tail),
    midP: b === c ? 1 - point : Math.min(1, 2 * tail - point),
    // P(χ² > x) with one degree of freedom is the two-sided normal tail at √x.
    corrected: 2 * normalCdf(-Math.sqrt(chi)),
  };
};
