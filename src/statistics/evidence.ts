import type { Comparison, Evidence } from '../contracts/index.ts';
import { quantile } from './quantiles.ts';
import { tangoInterval, tangoTest } from './tango.ts';
import { normalCdf, normalQuantile } from './special.ts';

/** Dense in the tails, where verdicts are made. */
const grid: readonly number[] = (() => {
  const tail = [0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.006, 0.0075];
  const middle: number[] = [];
  for (let p = 0.01; p < 0.1; p += 0.0025) middle.push(Number(p.toFixed(4)));
  for (let p = 0.1; p <= 0.5001; p += 0.02) middle.push(Number(p.toFixed(4)));
  const low = [...tail, ...middle];
  return [
    0,
    ...low,
    ...low
      .filter((p) => p < 0.5)
      .map((p) => Number((1 - p).toFixed(6)))
      .reverse(),
    1,
  ];
})();

/** Thin a sorted bootstrap distribution to about 130 quantiles. */
export const thinQuantiles = (ordered: ArrayLike<number>): Extract<Evidence, { kind: 'bootstrap' }> => ({
  kind: 'bootstrap',
  probabilities: grid,
  values: grid.map((p) => quantile(ordered, p)),
});

/** Share of the distribution below x, by interpolation, never below 1/10,001 nor above 1 − that: a bootstrap proves no more than its size. */
const shareBelow = ({ probabilities, values }: Extract<Evidence, { kind: 'bootstrap' }>, x: number): number => {
  const floor = 1 / 10_001;
  const last = values.length - 1;
  if (x <= values[0]!) return values[0] === values[last] && x === values[0] ? 0.5 : floor;
  if (x > values[last]!) return 1 - floor;
  let high = values.findIndex((value) => value >= x);
  while (high < last && values[high + 1] === x) high++;
  const low = Math.max(0, high - 1);
  const span = values[high]! - values[low]!;
  const share = span === 0 ? 1 : (x - values[low]!) / span;
  return Math.min(
    1 - floor,
    Math.max(floor, probabilities[low]! + share * (probabilities[high]! - probabilities[low]!)),
  );
};

/** One-sided p-value of H0 "the true difference (or ratio) is at most `bound`": small when it is surely above.
 *  Pairs: Tango's score test. Bootstrap: the share of replicates at or below. Exact: 0 or 1. */
export const pAbove = ({ evidence, value }: Comparison, bound: number): number => {
  switch (evidence.kind) {
    case 'pairs':
      return tangoTest(pairsOf(evidence), -bound).p;
    case 'bootstrap':
      return shareBelow(evidence, bound);
    case 'exact':
      return value > bound ? 0 : 1;
  }
};

/** One-sided p-value of H0 "the true difference (or ratio) is at least `bound`": small when it is surely below. */
export const pBelow = ({ evidence, value }: Comparison, bound: number): number => {
  switch (evidence.kind) {
    case 'pairs':
      return 1 - tangoTest(pairsOf(evidence), -bound).p;
    case 'bootstrap':
      return 1 - shareBelow(evidence, bound);
    case 'exact':
      return value < bound ? 0 : 1;
  }
};

/** One-sided confidence bounds of a comparison. */
export const lowerBound = ({ evidence, value }: Comparison, confidence: number): number => {
  switch (evidence.kind) {
    case 'pairs':
      return tangoInterval(pairsOf(evidence), 2 * confidence - 1).low;
    case 'bootstrap':
      return interpolate(evidence, 1 - confidence);
    case 'exact':
      return value;
  }
};
export const upperBound = ({ evidence, value }: Comparison, confidence: number): number => {
  switch (evidence.kind) {
    case 'pairs':
      return tangoInterval(pairsOf(evidence), 2 * confidence - 1).high;
    case 'bootstrap':
      return interpolate(evidence, confidence);
    case 'exact':
      return value;
  }
};

const interpolate = ({ probabilities, values }: Extract<Evidence, { kind: 'bootstrap' }>, p: number): number => {
  const high = probabilities.findIndex((one) => one >= p);
  if (high <= 0) return high === 0 ? values[0]! : values.at(-1)!;
  const span = probabilities[high]! - probabilities[high - 1]!;
  return values[high - 1]! + ((p - probabilities[high - 1]!) / span) * (values[high]! - values[high - 1]!);
};

const pairsOf = (evidence: Extract<Evidence, { kind: 'pairs' }>) => ({
  b: evidence.onlyBaselineRight,
  c: evidence.onlyCandidateRight,
  n: evidence.bothRight + evidence.onlyBaselineRight + evidence.onlyCandidateRight + evidence.bothWrong,
});

/** One-sided p-values for a number with a two-sided interval only, by a normal approximation on the interval's width.
 *  `pAtMost` is small when the value is surely below the limit. */
export const pFromInterval = (
  measurement: { readonly value: number; readonly low: number; readonly high: number; readonly confidence: number },
  limit: number,
): { readonly pBelow: number; readonly pAbove: number } => {
  const { value, low, high, confidence } = measurement;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const side = (width: number): number => width / z;
  const error = limit > value ? side(high - value) : side(value - low);
  if (!(error > 0))
    return { pBelow: value < limit || value === limit ? 0 : 1, pAbove: value > limit || value === limit ? 0 : 1 };
  const p = normalCdf(-(limit - value) / error);
  return { pBelow: p, pAbove: 1 - p };
};
