import type { Context, Model } from '../../../contracts/index.ts';
import {
  bestRange,
  channelMeans,
  entropyRange,
  extremes,
  histogram,
  minMaxRange,
  mseRange,
  parametersOf,
  percentileRange,
  withPasses,
  type Histogram,
  type Parameters,
  type Range,
} from '../../calibrate/index.ts';
import { roundingShift } from './correct.ts';
import type { InputMeans } from './operands.ts';
import type { CodedValue } from './plan.ts';

export interface RangeOptions {
  readonly activationType: 'uint8' | 'int8';
  readonly method: string;
  readonly percentile: number;
}

/** What calibration inputs say about values. */
export interface Observed {
  /** The codes of each value; a value that was never finite has the reason instead. */
  readonly ranges: Map<string, Parameters | string>;
  /** Of the values that were asked for; none for a value without a range. */
  readonly means: Map<string, InputMeans>;
}

/** Batches that tell how rounding shifts the means: the shift of a row is at most half a step, so that few rows say enough. */
const shiftBatches = 4;

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

/** Learn ranges and means from the calibration inputs: one pass over all, and one over some batches for what rounding does.
 *  `values` get a range each, those with the scale of another are left to it; `given` are known already. `widths`: values whose means are
 *  wanted, with the size of their last axis. Errors: those of `observe`. */
export const observeInputs = async (
  model: Model,
  values: Iterable<CodedValue>,
  given: ReadonlyMap<string, Parameters>,
  likeOf: (value: string) => string,
  widths: ReadonlyMap<string, number>,
  options: RangeOptions,
  context: Context,
): Promise<Observed> => {
  const { method, activationType: type } = options;
  const asked = [...values].filter(({ name, like }) => name === like);
  const light = method === 'minmax' || method === 'moving-average';
  const watches = asked.map((value) => ({
    value,
    ends: light ? extremes(method === 'moving-average' ? 0.01 : 0) : null,
    bins: light ? null : histogram(),
  }));
  const ranges = new Map<string, Parameters | string>(given);
  const knownOf = (value: string): Parameters | null => {
    const found = ranges.get(likeOf(value));
    return found === undefined || typeof found === 'string' ? null : found;
  };
  const centers = [...widths].map(([value, width]) => ({
    value,
    mean: channelMeans(width),
    shift: roundingShift(width, knownOf(value)?.type ?? type, () => knownOf(value)),
  }));
  const settle = ({ value, ends, bins }: (typeof watches)[number]): Parameters | string => {
    const { name, positive, bound } = value;
    const strange = ends === null ? bins!.result().strange > 0 : !ends.finite();
    if (strange) return `calibration saw NaN or infinity, or nothing at all, in ${name}`;
    const symmetric = type === 'int8' && !positive;
    const seen =
      ends === null ? rangeOf(bins!.result(), options, type, symmetric) : { low: ends.low(), high: ends.high() };
    const range = positive ? { low: 0, high: Math.min(bound, Math.max(0, seen.high)) } : seen;
    return parametersOf(range, type, symmetric);
  };
  const means = new Map<string, InputMeans>();
  if (watches.length + centers.length === 0) return { ranges, means };
  await withPasses(
    model,
    [
      ...watches.map(({ value, ends, bins }) => ({ value: value.name, statistic: (ends ?? bins)! })),
      ...centers.map(({ value, mean }) => ({ value, statistic: mean })),
    ],
    centers.map(({ value, shift }) => ({ value, statistic: shift })),
    context,
    async ({ all, some }) => {
      await all('calibrating');
      for (const watch of watches) ranges.set(watch.value.name, settle(watch));
      if (centers.length > 0) await some(shiftBatches, 'correcting biases');
    },
  );
  for (const { value, mean, shift } of centers)
    if (knownOf(value) !== null) means.set(value, { mean: mean.mean(), shift: shift.mean() });
  return { ranges, means };
};

/** The ranges alone, in one pass. Errors: those of `observe`. */
export const observeRanges = async (
  model: Model,
  values: Iterable<CodedValue>,
  options: RangeOptions,
  context: Context,
): Promise<Map<string, Parameters | string>> => {
  const { ranges } = await observeInputs(model, values, new Map(), (value) => value, new Map(), options, context);
  return ranges;
};
