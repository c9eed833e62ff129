import { binomialCdf, type Interval } from '../../statistics/index.ts';

/** KL(a ‖ b) of two rows of log-probabilities. Units: nats; at least 0. Source: Kullback & Leibler 1951. */
export const divergence = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += Math.exp(a[k]!) * (a[k]! - b[k]!);
  // Rounding leaves up to −1e-16 for equal rows.
  return Math.max(0, sum);
};

/** 1 − √JSD of two rows of log-probabilities, JSD in bits: 1 is the same, 0 has nothing in common.
 *  Source: Lin 1991 (Jensen–Shannon divergence); Xu et al. 2021 (probability loyalty). */
export const sharedness = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const [p, q] = [Math.exp(a[k]!), Math.exp(b[k]!)];
    const middle = Math.log((p + q) / 2);
    if (p > 0) sum += p * (a[k]! - middle);
    if (q > 0) sum += q * (b[k]! - middle);
  }
  return 1 - Math.sqrt(Math.min(1, Math.max(0, sum / 2 / Math.LN2)));
};

/** The value that a share of `ordered` does not exceed (sorted[⌊n·share⌋], not interpolated), and its distribution-free interval from order
 *  statistics. Source: MLPerf LoadGen (percentile); Conover 1999, §3.2 (interval). */
export const quantileInterval = (
  ordered: Float64Array,
  share: number,
  confidence: number,
): Interval & { readonly value: number } => {
  const n = ordered.length;
  const tail = (1 - confidence) / 2;
  const at = Math.min(n - 1, Math.floor(n * share));
  // The true quantile lies below the k-th value (from 0) when more than k samples do: P(X ≤ k), X ~ Binomial(n, share).
  const cdf = (k: number): number => binomialCdf(k, n, share);
  let low = at;
  while (low > 0 && cdf(low) > tail) low--;
  let high = at;
  while (high < n - 1 && 1 - cdf(high) > tail) high++;
  return { value: ordered[at]!, low: ordered[low]!, high: ordered[high]! };
};
