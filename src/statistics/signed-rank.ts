import { ranksOf, tiesOf } from './ranks.ts';
import { normalCdf } from './special.ts';

export interface SignedRank {
  /** Sum of the ranks of positive differences. */
  readonly positive: number;
  readonly negative: number;
  /** Differences that are not zero. */
  readonly n: number;
  /** Two-sided p-value of H0 "differences lie symmetrically around zero". */
  readonly p: number;
  /** One-sided: small when differences are surely positive. */
  readonly pPositive: number;
}

/** Up to this many differences every assignment of signs is counted. */
const mostExact = 50;

/** P(sum of the ranks with a positive sign ≤ limit) over all signs; ranks may be halves, so they are doubled. */
const exactCdf = (ranks: Float64Array, limit: number): number => {
  const doubled = Array.from(ranks, (rank) => Math.round(2 * rank));
  const most = doubled.reduce((sum, rank) => sum + rank, 0);
  const share = new Float64Array(most + 1);
  share[0] = 1;
  let reach = 0;
  for (const rank of doubled) {
    reach += rank;
    for (let sum = reach; sum >= 0; sum--) share[sum] = (share[sum]! + (sum >= rank ? share[sum - rank]! : 0)) / 2;
  }
  let all = 0;
  for (let sum = 0; sum <= Math.min(most, Math.round(2 * limit)); sum++) all += share[sum]!;
  return Math.min(1, all);
};

/** Wilcoxon's signed-rank test on paired differences; zeros are left out. Exact up to 50 differences, ties included (given the ranks as they
 *  are); beyond that the normal approximation with the correction for ties. Without a difference nothing is claimed: p = 1.
 *  Source: Wilcoxon 1945; Pratt & Gibbons 1981, §3.7. */
export const wilcoxonSignedRank = (differences: ArrayLike<number>): SignedRank => {
  const some = Float64Array.from(differences).filter((one) => one !== 0);
  const n = some.length;
  if (n === 0) return { positive: 0, negative: 0, n, p: 1, pPositive: 1 };
  const sizes = some.map(Math.abs);
  const ranks = ranksOf(sizes);
  let positive = 0;
  for (let i = 0; i < n; i++) if (some[i]! > 0) positive += ranks[i]!;
  const total = (n * (n + 1)) / 2;
  const negative = total - positive;
  let below: number;
  let above: number;
  if (n <= mostExact) {
    below = exactCdf(ranks, positive);
    above = exactCdf(ranks, negative);
  } else {
    const ties = tiesOf(sizes).reduce((sum, size) => sum + size ** 3 - size, 0);
    const error = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - ties / 48);
    below = normalCdf((positive - total / 2) / error);
    above = normalCdf((negative - total / 2) / error);
  }
  return { positive, negative, n, p: Math.min(1, 2 * Math.min(below, above)), pPositive: above };
};
