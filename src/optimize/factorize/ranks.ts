/** Ranks are multiples of this: what kernels take at a time. */
export const rankStep = 8;

/** The highest rank with fewer multiply-adds than the layer itself: below k·n / (k + n), in steps. 0: none. */
export const usefulRank = (k: number, n: number): number =>
  k * n === 0 ? 0 : Math.max(0, Math.ceil((k * n) / (k + n) / rankStep) - 1) * rankStep;

/** A rank in steps, as near as possible to what is asked for, and at least one step. */
export const stepped = (rank: number): number => Math.max(1, Math.round(rank / rankStep)) * rankStep;

/** One place where ranks may be lowered. */
export interface Candidate {
  /** Cost of leaving it alone. */
  readonly whole: number;
  /** Cost of one rank. */
  readonly perRank: number;
  /** Squared relative error at rank i · rankStep; element 0 is rank 0, which is no choice. */
  readonly tails: Float64Array;
  /** How much its error counts: the number of layers it stands for. */
  readonly weight: number;
}

interface Step {
  readonly candidate: number;
  readonly rank: number;
  /** Error added per cost saved. */
  readonly price: number;
  readonly saved: number;
}

/** The lower hull of error against cost, from the whole layer down: steps whose price rises. */
const stepsOf = ({ whole, perRank, tails, weight }: Candidate, candidate: number): Step[] => {
  const hull: { cost: number; error: number; rank: number }[] = [{ cost: whole, error: 0, rank: 0 }];
  const slope = (a: { cost: number; error: number }, b: { cost: number; error: number }): number =>
    (b.error - a.error) / (a.cost - b.cost);
  for (let at = tails.length - 1; at >= 1; at--) {
    const point = { cost: at * rankStep * perRank, error: weight * tails[at]!, rank: at * rankStep };
    if (point.cost >= whole) continue;
    while (hull.length >= 2 && slope(hull.at(-2)!, hull.at(-1)!) >= slope(hull.at(-1)!, point)) hull.pop();
    hull.push(point);
  }
  return hull.slice(1).map((point, i) => ({
    candidate,
    rank: point.rank,
    price: slope(hull[i]!, point),
    saved: hull[i]!.cost - point.cost,
  }));
};

/** Ranks that bring the total cost down to `budget` where the least error is added per cost saved, step by step; 0: leave it whole. Where the
 *  budget cannot be met, all are at their lowest. Ties go to the earlier candidate.
 *  Units: cost in any unit; the error is the sum of squared relative errors. Source: greedy allocation on convex hulls (Shoham and
 *  Gersho 1988). */
export const allocate = (candidates: readonly Candidate[], budget: number): number[] => {
  const ranks = candidates.map(() => 0);
  let cost = candidates.reduce((sum, { whole }) => sum + whole, 0);
  const steps = candidates.flatMap(stepsOf).toSorted((a, b) => a.price - b.price || a.candidate - b.candidate);
  for (const { candidate, rank, saved } of steps) {
    if (cost <= budget) break;
    ranks[candidate] = rank;
    cost -= saved;
  }
  return ranks;
};

/** What ranks cost and lose together. */
export const totalOf = (
  candidates: readonly Candidate[],
  ranks: readonly number[],
): { readonly cost: number; readonly error: number } => {
  let cost = 0;
  let error = 0;
  candidates.forEach(({ whole, perRank, tails, weight }, i) => {
    const rank = ranks[i]!;
    cost += rank === 0 ? whole : rank * perRank;
    error += rank === 0 ? 0 : weight * tails[rank / rankStep]!;
  });
  return { cost, error };
};
