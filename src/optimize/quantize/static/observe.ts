import type { Context, Model } from '../../../contracts/index.ts';
import {
  bestRange,
  entropyRange,
  extremes,
  histogram,
  minMaxRange,
  mseRange,
  observe,
  parametersOf,
  percentileRange,
  type Histogram,
  type Parameters,
  type Range,
} from '../../calibrate/index.ts';
import type { CodedValue } from './plan.ts';

export interface RangeOptions {
  readonly activationType: 'uint8' | 'int8';
  readonly method: string;
  readonly percentile: number;
}

const rangeOf = (
  seen: Histogram,
  { method, percentile }: RangeOptions,
  type: 'uint8' | 'int8',
  symmetric: boolean,
): Range => {
  switch (method) {
    case 'percentile':
      return percentileRange(seen, percentile);
    case 'entropy':
      return entropyRange(seen);
    case 'mse':
      return mseRange(seen, type, symmetric);
    case 'best':
      return bestRange(seen, type, symmetric);
    default:
      return minMaxRange(seen);
  }
};

/** The codes of each value, learned from the calibration inputs in one pass; a value that was never finite gets the reason instead.
 *  Values with the scale of another are left to it. Errors: those of `observe`. */
export const observeRanges = async (
  model: Model,
  values: Iterable<CodedValue>,
  options: RangeOptions,
  context: Context,
): Promise<Map<string, Parameters | string>> => {
  const { method, activationType: type } = options;
  const asked = [...values].filter(({ name, like }) => name === like);
  const light = method === 'minmax' || method === 'moving-average';
  const watches = asked.map((value) => ({
    value,
    ends: light ? extremes(method === 'moving-average' ? 0.01 : 0) : null,
    bins: light ? null : histogram(),
  }));
  await observe(
    model,
    watches.map(({ value, ends, bins }) => ({ value: value.name, statistic: (ends ?? bins)! })),
    context,
  );
  return new Map<string, Parameters | string>(
    watches.map(({ value, ends, bins }): [string, Parameters | string] => {
      const { name, positive, bound } = value;
      const strange = ends === null ? bins!.result().strange > 0 : !ends.finite();
      if (strange) return [name, `calibration saw NaN or infinity, or nothing at all, in ${name}`];
      const symmetric = type === 'int8' && !positive;
      const seen =
        ends === null ? rangeOf(bins!.result(), options, type, symmetric) : { low: ends.low(), high: ends.high() };
      const range = positive ? { low: 0, high: Math.min(bound, Math.max(0, seen.high)) } : seen;
      return [name, parametersOf(range, type, symmetric)];
    }),
  );
};
