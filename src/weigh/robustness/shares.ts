import type { Comparison, Evidence, Measurement } from '../../contracts/index.ts';
import { tangoInterval, wilson } from '../../statistics/index.ts';

type PairCounts = Extract<Evidence, { kind: 'pairs' }>;

const countsOf = (baseline: ArrayLike<number>, candidate: ArrayLike<number>): PairCounts => {
  const counts = [0, 0, 0, 0];
  for (let item = 0; item < baseline.length; item++)
    counts[(baseline[item] === 0 ? 2 : 0) + (candidate[item] === 0 ? 1 : 0)]! += 1;
  const [bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong] = counts as [number, number, number, number];
  return { kind: 'pairs', bothRight, onlyBaselineRight, onlyCandidateRight, bothWrong };
};

/** Two versions' yes (1) and no (0) on the same items: the difference of their shares with Tango's interval; the counts of pairs are what McNemar's test reads.
 *  Without items nothing is known: −1 to 1. Source: Tango 1998; McNemar 1947. */
export const sharesVersus = (
  baseline: ArrayLike<number>,
  candidate: ArrayLike<number>,
  confidence: number,
  of: string,
): Comparison => {
  const evidence = countsOf(baseline, candidate);
  const n = baseline.length;
  const [b, c] = [evidence.onlyBaselineRight, evidence.onlyCandidateRight];
  const value = n === 0 ? 0 : (c - b) / n;
  return {
    kind: 'difference',
    value,
    ...tangoInterval({ b, c, n }, confidence),
    evidence,
    method: `Tango score interval on ${n.toLocaleString('en-US')} ${of}`,
  };
};

/** The share of items with a yes (1), with Wilson's interval. */
export const shareOf = (metric: string, yes: ArrayLike<number>, confidence: number, slice?: string): Measurement => {
  let count = 0;
  for (let item = 0; item < yes.length; item++) count += yes[item]!;
  return {
    metric,
    unit: 'proportion',
    value: count / yes.length,
    ...wilson(count, yes.length, confidence),
    confidence,
    samples: yes.length,
    ...(slice === undefined ? {} : { slice }),
  };
};
