import { tangoInterval, wilson, type Pairs } from '../../statistics/index.ts';

/** The extreme one of several groups, with an interval for the extreme itself. `at`: which group it was in this data. */
export interface Extreme {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly at: number;
}

/** One group's interval at the confidence of all together (Bonferroni: with m groups each error gets an m-th). */
export const sharedConfidence = (confidence: number, groups: number): number =>
  1 - (1 - confidence) / Math.max(1, groups);

/** Least share of right answers of any group.
 *  That no group is below `low` needs no correction for looking at several: whichever is truly the worst, only its own interval can err
 *  (intersection–union test, Berger 1982). That some group is below `high` does: any of them could have produced it by chance (Bonferroni).
 *  Each group: Wilson's interval. Shapes: right [groups], rows [groups], none empty. */
export const worstShare = (right: ArrayLike<number>, rows: ArrayLike<number>, confidence: number): Extreme => {
  const together = sharedConfidence(confidence, rows.length);
  let [value, low, high, at] = [Number.POSITIVE_INFINITY, 1, 1, 0];
  for (let group = 0; group < rows.length; group++) {
    const share = right[group]! / rows[group]!;
    if (share < value) [value, at] = [share, group];
    low = Math.min(low, wilson(right[group]!, rows[group]!, confidence).low);
    high = Math.min(high, wilson(right[group]!, rows[group]!, together).high);
  }
  return { value, low, high: Math.max(high, value), at };
};

/** Largest loss of right answers of any group, original minus version; below zero when every group gains. `high` needs no correction for
 *  several groups, `low` does (see `worstShare`). Each group: Tango's interval on its pairs (b: only the original right, c: only the version). */
export const worstLoss = (groups: readonly Pairs[], confidence: number): Extreme => {
  const together = sharedConfidence(confidence, groups.length);
  let [value, low, high, at] = [Number.NEGATIVE_INFINITY, -1, -1, 0];
  for (const [group, pairs] of groups.entries()) {
    const loss = (pairs.b - pairs.c) / pairs.n;
    if (loss > value) [value, at] = [loss, group];
    high = Math.max(high, -tangoInterval(pairs, confidence).low);
    low = Math.max(low, -tangoInterval(pairs, together).high);
  }
  return { value, low: Math.min(low, value), high, at };
};
