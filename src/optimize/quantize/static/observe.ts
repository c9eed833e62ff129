import type { Context, Model } from '../../../contracts/index.ts';
import {
  bestRange,
  channelMeans,
  entropyRange,
  extremes,
  histogram,
  minMaxRange,
  mseRange,
  observe,
  parametersOf,
  percentileRange,
  placesOfRows,
  spreadRows,
  type Histogram,
  type Parameters,
  type Range,
  type Statistic,
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

/** Learn ranges and means from the calibration inputs in one pass; what rounding does is learned from some rows: the
 *  shift of a row is at most half a step.
 *  `values` get a range each, those with the scale of another are left to it; `given` are known already. `widths`: values whose means are
 *  wanted, with the size of their last axis. `learnedSo` hears of what is known each time when there is more. `pieceBytes`: weights that are loaded together, where not so many as usual.
 *  Errors: those of `observe`. */
export const observeInputs = async (
  model: Model,
  values: Iterable<CodedValue>,
  given: ReadonlyMap<string, Parameters>,
  likeOf: (value: string) => string,
  widths: ReadonlyMap<string, number>,
  options: RangeOptions,
  context: Context,
  learnedSo: (far: Observed) => void = () => undefined,
  pieceBytes?: number,
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
  const places = placesOfRows(context.random('rows of values'));
  const centers = [...widths].map(([value, width]) => ({
    value,
    mean: channelMeans(width),
    width,
    rows: spreadRows(width, places),
    shift: null as Float64Array | null,
  }));
  const settle = ({ value, ends, bins }: (typeof watches)[number]): Parameters | string => {
    const { name, positive, bound } = value;
    const strange = ends === null ? bins!.result().strange > 0 || bins!.result().total === 0 : !ends.finite();
    if (strange) return `calibration saw NaN or infinity, or nothing at all, in ${name}`;
    const symmetric = type === 'int8' && !positive;
    const seen =
      ends === null ? rangeOf(bins!.result(), options, type, symmetric) : { low: ends.low(), high: ends.high() };
    const range = positive ? { low: 0, high: Math.min(bound, Math.max(0, seen.high)) } : seen;
    return parametersOf(range, type, symmetric);
  };
  const means = new Map<string, InputMeans>();
  if (watches.length + centers.length === 0) return { ranges, means };
  const seen = new Set<Statistic>();
  /** Rows go as soon as the codes of their value are known. */
  const learnShifts = (): void => {
    for (const center of centers) {
      const known = knownOf(center.value);
      if (known === null || center.shift !== null || !seen.has(center.rows)) continue;
      center.shift = roundingShift(center.rows.rows(), center.width, known);
      center.rows.forget();
      means.set(center.value, { mean: center.mean.mean(), shift: center.shift });
    }
  };
  await observe(
    model,
    [
      ...watches.map(({ value, ends, bins }) => ({ value: value.name, statistic: (ends ?? bins)! })),
      ...centers.flatMap(({ value, mean, rows }) => [
        { value, statistic: mean },
        { value, statistic: rows },
      ]),
    ],
    context,
    'calibrating',
    (learned) => {
      for (const statistic of learned) seen.add(statistic);
      for (const watch of watches)
        if (learned.has((watch.ends ?? watch.bins)!)) ranges.set(watch.value.name, settle(watch));
      learnShifts();
      learnedSo({ ranges, means });
    },
    pieceBytes,
  );
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
