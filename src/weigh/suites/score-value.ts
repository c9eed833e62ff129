import { mean, quantile } from '../../statistics/index.ts';

/** A number of 100 points with its interval. */
export interface ScoreValue {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  readonly versus?: { readonly value: number; readonly low: number; readonly high: number };
}

/** Standard deviation with n − 1. Of bootstrap replicates it is the standard error itself, not to be divided by their root. */
export const deviation = (values: ArrayLike<number>): number => {
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - center) ** 2;
  return Math.sqrt(sum / (values.length - 1));
};

/** In ascending order. Samples in which a metric has no value (a constant column) tell nothing. */
export const finite = (values: Float64Array): Float64Array => values.filter((value) => Number.isFinite(value)).sort();

/** A task's score: 100 × the mean of its metrics. */
export const scoreOf = (values: readonly number[]): number => 100 * mean(values);
/** Replicates of a task's score: metric by metric of the same draw. */
export const scoreDraws = (metrics: readonly Float64Array[]): Float64Array =>
  Float64Array.from(metrics[0]!, (_, at) => scoreOf(metrics.map((draws) => draws[at]!)));

/** A value with the percentile interval of its replicates. */
export const scoreValue = (
  value: number,
  draws: Float64Array,
  confidence: number,
  difference: { readonly value: number; readonly draws: Float64Array } | null,
): ScoreValue => {
  const tail = (1 - confidence) / 2;
  const ordered = finite(draws);
  const versus = difference === null ? null : finite(difference.draws);
  return {
    value,
    low: Math.min(value, quantile(ordered, tail)),
    high: Math.max(value, quantile(ordered, 1 - tail)),
    standardError: deviation(ordered),
    ...(versus === null
      ? {}
      : {
          versus: {
            value: difference!.value,
            low: Math.min(difference!.value, quantile(versus, tail)),
            high: Math.max(difference!.value, quantile(versus, 1 - tail)),
          },
        }),
  };
};
