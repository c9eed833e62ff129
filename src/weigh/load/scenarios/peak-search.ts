/** A search for the largest rate that passes, one probe at a time. */
export interface PeakSearch {
  /** The next rate to try, or null when the search is over. */
  next(): number | null;
  tell(rate: number, passed: boolean): void;
  /** The largest rate that passed (0: none) and the smallest that failed (Infinity: none). */
  readonly low: number;
  readonly high: number;
}

export interface PeakSettings {
  readonly start: number;
  /** The search ends when the smallest failing rate is at most this factor above the largest passing one. */
  readonly precision: number;
  readonly maxProbes: number;
  /** No rate below is tried: a probe would hold too few requests. A limit that the model itself misses is met at no rate. */
  readonly floor: number;
  /** By which the rate grows until it fails, or shrinks until it passes. Default 2. */
  readonly step?: number;
}

/** Grow until it fails, then halve what is between, in equal ratios. Source: MLPerf LoadGen, FindPeakPerformance. */
export const peakSearch = ({ start, precision, maxProbes, floor, step = 2 }: PeakSettings): PeakSearch => {
  let [low, high, probes] = [0, Number.POSITIVE_INFINITY, 0];
  return {
    get low() {
      return low;
    },
    get high() {
      return high;
    },
    next: () => {
      if (probes >= maxProbes) return null;
      if (low === 0 && high === Number.POSITIVE_INFINITY) return Math.max(start, floor);
      if (high === Number.POSITIVE_INFINITY) return low * step;
      if (low === 0) return high <= floor ? null : Math.max(floor, high / step);
      return high / low <= 1 + precision ? null : Math.sqrt(low * high);
    },
    tell: (rate, passed) => {
      probes++;
      if (passed) low = Math.max(low, rate);
      else high = Math.min(high, rate);
      // Noise may let a rate pass above one that failed: what failed counts.
      if (low >= high) low = Math.min(low, high / (1 + precision));
    },
  };
};
