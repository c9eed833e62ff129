import type { Evidence } from '../../contracts/index.ts';
import { mean, quantile, sorted, thinQuantiles, type Interval } from '../../statistics/index.ts';

/** Ascending draws, moved so that their mean is the value. */
const centered = (draws: Float64Array, value: number): Float64Array => {
  const ordered = sorted(draws.filter((one) => !Number.isNaN(one)));
  const move = ordered.length === 0 ? 0 : mean(ordered) - value;
  return move === 0 ? ordered : ordered.map((one) => one - move);
};

const plain = (draws: Float64Array): Float64Array => sorted(draws.filter((one) => !Number.isNaN(one)));

const endsOf = (ordered: Float64Array, confidence: number): Interval => {
  const tail = (1 - confidence) / 2;
  return { low: quantile(ordered, tail), high: quantile(ordered, 1 - tail) };
};

/** Interval of a figure from its bootstrap draws; it always holds the value. A sum of absolute values is lifted by chance, and its draws are lifted
 *  once more: they are moved back to the value, and the lower end by what chance may have lifted the value itself, but not below 0.
 *  `chance`: that lift, null for figures without. Source: Efron & Tibshirani 1993, §10 (bootstrap estimate of bias). */
export const ownInterval = (
  draws: Float64Array,
  value: number,
  chance: number | null,
  confidence: number,
): Interval => {
  const { low, high } = endsOf(chance === null ? plain(draws) : centered(draws, value), confidence);
  return { low: Math.min(chance === null ? low : Math.max(0, low - chance), value), high: Math.max(high, value) };
};

/** Interval and evidence of the difference of a figure on the same draws. What chance lifts, it lifts on both sides: the draws are moved
 *  so that their mean is the difference that was seen. */
export const differenceInterval = (
  draws: Float64Array,
  before: Float64Array,
  value: number,
  isLifted: boolean,
  confidence: number,
): Interval & { readonly evidence: Extract<Evidence, { kind: 'bootstrap' }> } => {
  const changes = draws.map((drawn, at) => drawn - before[at]!);
  const ordered = isLifted ? centered(changes, value) : plain(changes);
  return { ...endsOf(ordered, confidence), evidence: thinQuantiles(ordered) };
};
