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

/** Values that one call of a hot loop takes: a function that is called often is compiled for speed after a few of its calls. */
const stretch = 8192;

const allFinite = (data: Float32Array): boolean => {
  let sum = 0;
  for (let from = 0; from < data.length; from += stretch)
    sum += differences(data, from, Math.min(data.length, from + stretch));
  return sum === 0;
};

/** Σ x − x: not 0 where one x is NaN or infinite. */
const differences = (data: Float32Array, from: number, to: number): number => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += data[i]! - data[i]!;
  return sum;
};

const span = (data: Float32Array, from: number, to: number, seen: { low: number; high: number }): void => {
  let { low, high } = seen;
  for (let i = from; i < to; i++) {
    const one = data[i]!;
    if (one < low) low = one;
    else if (one > high) high = one;
  }
  seen.low = low;
  seen.high = high;
};

/** Adds values to the bins that they lie in; the last bin takes the upper end. */
const count = (data: Float32Array, from: number, to: number, scale: number, counts: Float64Array): void => {
  const last = counts.length - 1;
  // All values lie within the range: from the lowest bin on, cutting off fractions rounds down.
  const middle = counts.length / 2;
  for (let i = from; i < to; i++) {
    const bin = (data[i]! * scale + middle) | 0;
    counts[bin > last ? last : bin]!++;
  }
};

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
      const whole = value.data as Float32Array;
      const data = allFinite(whole) ? whole : whole.filter((one) => Number.isFinite(one));
      strange += whole.length - data.length;
      if (data.length === 0) return;
      const seen = { low: data[0]!, high: data[0]! };
      for (let from = 0; from < data.length; from += stretch)
        span(data, from, Math.min(data.length, from + stretch), seen);
      const reach = Math.max(Math.abs(seen.low), Math.abs(seen.high));
      if (total === 0) ({ low, high } = seen);
      else [low, high] = [Math.min(low, seen.low), Math.max(high, seen.high)];
      // All zeros so far: any first range will do, and zeros lie in the middle of all of them.
      if (limit === 0 && reach > 0) limit = reach;
      while (limit < reach) widen();
      const scale = limit === 0 ? 0 : bins / (2 * limit);
      for (let from = 0; from < data.length; from += stretch)
        count(data, from, Math.min(data.length, from + stretch), scale, counts);
      total += data.length;
    },
    result: () => ({ counts, limit, low, high, total, strange }),
  };
};
