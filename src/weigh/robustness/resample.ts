import type { Comparison, Measurement, Random, Unit } from '../../contracts/index.ts';
import { quantile, thinQuantiles } from '../../statistics/index.ts';

/** Bootstrap draws of items, made once and used for every statistic of every version: all of them see the same draws. */
export interface Draws {
  readonly items: number;
  readonly replicates: number;
  /** How often each item was taken, replicate by replicate. */
  readonly counts: Uint8Array;
}

/** Draw `items` items with replacement, `replicates` times. No item is taken more than 255 times (for any practical number of items). */
export const drawItems = (items: number, replicates: number, random: Random): Draws => {
  const counts = new Uint8Array(items * replicates);
  for (let from = 0; from < counts.length; from += items)
    for (let taken = 0; taken < items; taken++) counts[from + random.integer(items)]! += 1;
  return { items, replicates, counts };
};

/** Σ of the values over each replicate's items. Shapes: values [items] → [replicates]. */
export const sumsOf = ({ items, replicates, counts }: Draws, values: ArrayLike<number>): Float64Array => {
  const sums = new Float64Array(replicates);
  for (let replicate = 0, from = 0; replicate < replicates; replicate++, from += items) {
    let sum = 0;
    for (let item = 0; item < items; item++) sum += counts[from + item]! * values[item]!;
    sums[replicate] = sum;
  }
  return sums;
};

/** Per replicate: the mean of the values. */
export const meansOf = (draws: Draws, values: ArrayLike<number>): Float64Array =>
  sumsOf(draws, values).map((sum) => sum / draws.items);

/** Per replicate: Σ of one over Σ of the other; not finite where nothing stands below. */
export const ratiosOf = (draws: Draws, above: ArrayLike<number>, below: ArrayLike<number>): Float64Array => {
  const bottom = sumsOf(draws, below);
  return sumsOf(draws, above).map((top, at) => top / bottom[at]!);
};

const boundsOf = (ordered: Float64Array, value: number, confidence: number) => {
  const tail = (1 - confidence) / 2;
  // Draws of a skewed statistic may miss the value itself: the interval is widened to hold it.
  return {
    low: Math.min(value, quantile(ordered, tail)),
    high: Math.max(value, quantile(ordered, 1 - tail)),
  };
};

/** A measurement whose interval comes from replicates. */
export const resampled = (
  metric: string,
  unit: Unit,
  value: number,
  replicates: Float64Array,
  confidence: number,
  samples: number,
): Measurement => ({
  metric,
  unit,
  value,
  ...boundsOf(replicates.toSorted(), value, confidence),
  confidence,
  samples,
});

/** A comparison whose interval and evidence come from paired replicates. */
export const pairedVersus = (
  kind: Comparison['kind'],
  value: number,
  replicates: Float64Array,
  confidence: number,
  method: string,
): Comparison => {
  const ordered = replicates.toSorted();
  return { kind, value, ...boundsOf(ordered, value, confidence), evidence: thinQuantiles(ordered), method };
};
