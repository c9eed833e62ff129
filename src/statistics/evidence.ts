import type { Comparison, Evidence } from '../contracts/index.ts';
import { tangoInterval, tangoTest } from './tango.ts';
import { normalQuantile, studentCdf, studentQuantile } from './special.ts';

type Distribution = Extract<Evidence, { kind: 'bootstrap' }>;

/** Dense in the tails, where verdicts are made. */
const grid: readonly number[] = (() => {
  const tail = [0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.006, 0.0075];
  const middle: number[] = [];
  for (let p = 0.01; p < 0.1; p += 0.0025) middle.push(Number(p.toFixed(4)));
  for (let p = 0.1; p <= 0.5001; p += 0.02) middle.push(Number(p.toFixed(4)));
  const low = [...tail, ...middle];
  return [
    ...low,
    ...low
      .filter((p) => p < 0.5)
      .map((p) => Number((1 - p).toFixed(6)))
      .reverse(),
  ];
})();

/** Thin a sorted bootstrap distribution to about 130 quantiles. The k-th of B replicates stands at k / (B + 1), so the first and last
 *  probabilities say how many replicates there were, and no p-value read from them is below 1 / (B + 1).
 *  Source: Davison & Hinkley 1997, §4.2. */
export const thinQuantiles = (ordered: ArrayLike<number>): Distribution => {
  const count = ordered.length;
  if (count === 0) throw new Error('thinQuantiles: expected at least one replicate');
  const first = 1 / (count + 1);
  const inside = grid.filter((p) => p > first && p < 1 - first);
  const at = (p: number): number => {
    const position = Math.min(count - 1, Math.max(0, p * (count + 1) - 1));
    const below = Math.floor(position);
    const low = ordered[below]!;
    return low + (ordered[Math.min(count - 1, below + 1)]! - low) * (position - below);
  };
  return {
    kind: 'bootstrap',
    probabilities: [first, ...inside, 1 - first],
    values: [ordered[0]!, ...inside.map(at), ordered[count - 1]!],
  };
};

/** The smallest share that a thinned distribution can show. */
const leastShare = ({ probabilities }: Distribution): number =>
  probabilities[0]! > 0 ? probabilities[0]! : 1 / 10_001;

/** Share of the distribution at or below x, replicates that equal x included. */
const shareUpTo = (distribution: Distribution, x: number): number => {
  const { probabilities, values } = distribution;
  const least = leastShare(distribution);
  const last = values.length - 1;
  if (x < values[0]!) return least;
  if (x >= values[last]!) return 1;
  let at = 0;
  while (values[at + 1]! <= x) at++;
  const [low, high] = [probabilities[at]!, probabilities[at + 1]!];
  // Several replicates equal to x end somewhere before the next quantile.
  if (values[at] === x && at > 0 && values[at - 1] === x) return high;
  return Math.max(least, low + ((x - values[at]!) / (values[at + 1]! - values[at]!)) * (high - low));
};

const mirrored = ({ probabilities, values }: Distribution): Distribution => ({
  kind: 'bootstrap',
  probabilities: probabilities.map((p) => 1 - p).toReversed(),
  values: values.map((value) => -value).toReversed(),
});

const quantileOf = ({ probabilities, values }: Distribution, p: number): number => {
  const high = probabilities.findIndex((one) => one >= p);
  if (high <= 0) return high === 0 ? values[0]! : values.at(-1)!;
  const share = (p - probabilities[high - 1]!) / (probabilities[high]! - probabilities[high - 1]!);
  return values[high - 1]! + share * (values[high]! - values[high - 1]!);
};

/** Half the distance between the 16 % and 84 % quantiles: one standard error when it is normal. */
const spreadOf = (distribution: Distribution): number =>
  (quantileOf(distribution, 0.8413) - quantileOf(distribution, 0.1587)) / 2;

/** What n samples can say at best about a distance of `slack`, whatever the bootstrap shows: it cannot see what did not occur in the sample.
 *  Differences on n items: the score test with no discordant pair. Ratios over n rounds: Student's t with n − 1 degrees of freedom. */
const leastP = ({ kind, value }: Comparison, distribution: Distribution, bound: number, samples: number): number => {
  const slack = Math.abs(value - bound);
  if (kind === 'difference') return tangoTest({ b: 0, c: 0, n: samples }, Math.min(slack, 1 - 1e-9)).p;
  const spread = spreadOf(distribution);
  return spread === 0 ? 0 : studentCdf(-slack / spread, Math.max(1, samples - 1));
};

/** One-sided p-value of H0 "the true difference (or ratio) is at most `bound`": small when it is surely above.
 *  Pairs: Tango's score test. Bootstrap: the share of replicates at or below, and no less than `samples` items or rounds can prove. Exact: 0 or 1. */
export const pAbove = (comparison: Comparison, bound: number, samples = Number.POSITIVE_INFINITY): number => {
  const { evidence, value } = comparison;
  switch (evidence.kind) {
    case 'pairs':
      return tangoTest(pairsOf(evidence), -bound).p;
    case 'bootstrap':
      return Math.max(
        shareUpTo(evidence, bound),
        limited(samples, () => leastP(comparison, evidence, bound, samples)),
      );
    case 'exact':
      return value > bound ? 0 : 1;
  }
};

/** One-sided p-value of H0 "the true difference (or ratio) is at least `bound`": small when it is surely below. See `pAbove`. */
export const pBelow = (comparison: Comparison, bound: number, samples = Number.POSITIVE_INFINITY): number => {
  const { evidence, value } = comparison;
  switch (evidence.kind) {
    case 'pairs':
      return 1 - tangoTest(pairsOf(evidence), -bound).p;
    case 'bootstrap':
      return Math.max(
        shareUpTo(mirrored(evidence), -bound),
        limited(samples, () => leastP(comparison, evidence, bound, samples)),
      );
    case 'exact':
      return value < bound ? 0 : 1;
  }
};

const limited = (samples: number, least: () => number): number => (Number.isFinite(samples) ? least() : 0);

/** p-value of H0 "the true difference (or ratio) lies outside [low, high]": two one-sided tests. Source: Schuirmann 1987. */
export const pOutside = (comparison: Comparison, low: number, high: number, samples?: number): number =>
  Math.max(pAbove(comparison, low, samples), pBelow(comparison, high, samples));

/** How far n samples leave the truth open at a one-sided confidence, whatever the bootstrap shows. */
const reachOf = ({ kind }: Comparison, distribution: Distribution, confidence: number, samples: number): number => {
  const z = normalQuantile(confidence);
  if (kind === 'difference') return (z * z) / (samples + z * z);
  return spreadOf(distribution) * studentQuantile(confidence, Math.max(1, samples - 1));
};

/** One-sided lower confidence bound of a comparison, where the test by `pAbove` turns. `confidence` from 0.5 to below 1. */
export const lowerBound = (comparison: Comparison, confidence: number, samples = Number.POSITIVE_INFINITY): number => {
  const { evidence, value } = comparison;
  switch (evidence.kind) {
    case 'pairs':
      return tangoInterval(pairsOf(evidence), 2 * confidence - 1).low;
    case 'bootstrap':
      return Math.min(
        quantileOf(evidence, 1 - confidence),
        value - limited(samples, () => reachOf(comparison, evidence, confidence, samples)),
      );
    case 'exact':
      return value;
  }
};

/** One-sided upper confidence bound of a comparison, where the test by `pBelow` turns. `confidence` from 0.5 to below 1. */
export const upperBound = (comparison: Comparison, confidence: number, samples = Number.POSITIVE_INFINITY): number => {
  const { evidence, value } = comparison;
  switch (evidence.kind) {
    case 'pairs':
      return tangoInterval(pairsOf(evidence), 2 * confidence - 1).high;
    case 'bootstrap':
      return Math.max(
        quantileOf(evidence, confidence),
        value + limited(samples, () => reachOf(comparison, evidence, confidence, samples)),
      );
    case 'exact':
      return value;
  }
};

const pairsOf = (evidence: Extract<Evidence, { kind: 'pairs' }>) => ({
  b: evidence.onlyBaselineRight,
  c: evidence.onlyCandidateRight,
  n: evidence.bothRight + evidence.onlyBaselineRight + evidence.onlyCandidateRight + evidence.bothWrong,
});
