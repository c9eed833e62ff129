import type { Value } from '../../contracts/index.ts';
import type { Statistic } from './types.ts';

/** Counts of values in equal bins over [−limit, limit]; the exact extremes beside them. */
export interface Histogram {
  /** Even number of bins; the middle lies at 0. */
  readonly counts: Float64Array;
  readonly limit: number;
  readonly low: number;
  readonly high: number;
  readonly total: number;
  /** NaN and infinities, which are in no bin. */
  readonly strange: number;
}

/** A histogram that grows with its data: when a value lies outside, the range doubles and bins merge in pairs towards the middle, so that
 *  nothing is ever counted twice or kept. Shapes: any. Memory: `bins` doubles.
 *  Source: the stream form of the histogram calibrators; merging in pairs keeps counts exact. */
export const histogram = (bins = 8192): Statistic & { readonly result: () => Histogram } => {
  if (bins < 4 || bins % 4 !== 0)
    throw new Error(`a histogram of ${bins} bins cannot merge in pairs around its middle`);
  let counts = new Float64Array(bins);
  let limit = 0;
  let low = 0;
  let high = 0;
  let total = 0;
  let strange = 0;
  const widen = (): void => {
    const merged = new Float64Array(bins);
    const quarter = bins / 4;
    for (let i = 0; i < bins / 2; i++) merged[quarter + i] = counts[2 * i]! + counts[2 * i + 1]!;
    counts = merged;
    limit *= 2;
  };
  return {
    kind: 'whole',
    nodes: () => ({ nodes: [] }),
    add: (value: Value) => {
      const data = value.data as Float32Array;
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < data.length; i++) {
        const one = data[i]!;
        if (one - one !== 0) continue;
        if (one < least) least = one;
        if (one > most) most = one;
      }
      if (least > most) {
        strange += data.length;
        return;
      }
      const reach = Math.max(Math.abs(least), Math.abs(most));
      if (total === 0) [low, high] = [least, most];
      else [low, high] = [Math.min(low, least), Math.max(high, most)];
      // All zeros so far: any first range will do, and zeros lie in the middle of all of them.
      if (limit === 0 && reach > 0) limit = reach;
      while (limit < reach) widen();
      const scale = limit === 0 ? 0 : bins / (2 * limit);
      const middle = bins / 2;
      const last = bins - 1;
      for (let i = 0; i < data.length; i++) {
        const one = data[i]!;
        if (one - one !== 0) {
          strange++;
          continue;
        }
        const bin = Math.floor(one * scale) + middle;
        counts[bin < 0 ? 0 : bin > last ? last : bin]!++;
        total++;
      }
    },
    result: () => ({ counts, limit, low, high, total, strange }),
  };
};
