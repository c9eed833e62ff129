import { incompleteBeta } from './special.ts';

/** Smallest number of samples under a latency bound that supports its percentile when `over` samples lie above it.
 *  Source: MLPerf LoadGen early stopping, I_p(h, t + 1) ≤ 1 − c with tolerance 0 and confidence 0.99. */
export const samplesUnder = (over: number, percentile: number, confidence = 0.99): number => {
  const enough = (h: number): boolean => incompleteBeta(percentile, h, over + 1) <= 1 - confidence;
  let high = 1;
  while (!enough(high)) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
};

/** Samples needed before a percentile may be printed: one sample must be allowed to lie above the estimate.
 *  p90 64, p95 130, p99 662, p99.9 6,636. */
export const samplesNeeded = (percentile: number): number => samplesUnder(1, percentile) + 1;

/** Whether n samples support a percentile. */
export const supportsPercentile = (percentile: number, n: number): boolean => n >= samplesNeeded(percentile);

/** The early-stopping estimate of a percentile: a value that the true percentile does not exceed with 99 % confidence; null when n is too small.
 *  `ordered` ascending. */
export const earlyStoppingPercentile = (ordered: ArrayLike<number>, percentile: number): number | null => {
  const n = ordered.length;
  if (!supportsPercentile(percentile, n)) return null;
  let low = 1;
  let high = n;
  // Largest t with n ≥ h(t) + t; h(t) + t grows with t.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (samplesUnder(middle, percentile) + middle <= n) low = middle;
    else high = middle;
  }
  return ordered[n - low]!;
};
