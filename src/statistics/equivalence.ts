import type { Comparison } from '../contracts/index.ts';
import { lowerBound, pAbove, pBelow, upperBound } from './evidence.ts';

export interface Equivalence {
  /** One-sided p-values: surely not worse by the margin, surely not better by the margin, whichever way better is. */
  readonly pLow: number;
  readonly pHigh: number;
  /** The larger of both: small when baseline and candidate are surely within the margin of each other. */
  readonly p: number;
  readonly equivalent: boolean;
  /** The two-sided interval at 1 − 2α that lies inside the margin exactly when both tests claim. */
  readonly low: number;
  readonly high: number;
}

/** Two one-sided tests: is the difference surely inside ± `margin`, or the ratio between 1 / (1 + margin) and 1 + margin? Pairs of right and wrong
 *  answers: Tango's score test on both sides. Bootstrap: the shares beyond either end, and no less than `samples` items can show.
 *  Units: margin in the comparison's own; α one-sided. Source: Schuirmann 1987; for pairs Tango 1998; Liu et al. 2002. */
export const tost = (comparison: Comparison, margin: number, alpha = 0.05, samples?: number): Equivalence => {
  if (!(margin > 0)) throw new Error(`tost: a margin of ${margin}, expected more than 0`);
  const [from, to] = comparison.kind === 'ratio' ? [1 / (1 + margin), 1 + margin] : [-margin, margin];
  const pLow = pAbove(comparison, from, samples);
  const pHigh = pBelow(comparison, to, samples);
  const p = Math.max(pLow, pHigh);
  return {
    pLow,
    pHigh,
    p,
    equivalent: p <= alpha,
    low: lowerBound(comparison, 1 - alpha, samples),
    high: upperBound(comparison, 1 - alpha, samples),
  };
};
