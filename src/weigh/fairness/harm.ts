import type { Random } from '../../contracts/index.ts';
import { wilson } from '../../statistics/index.ts';

export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How much more often a group loses right answers than the data as a whole: (b_g ÷ n_g) ÷ (b ÷ n). 1: as often, 2: twice as often.
 *  Given that b answers were lost, b_g of them fall into the group like drawn ones; Wilson's interval of b_g ÷ b, divided by the group's
 *  share of the rows. null when nothing was lost. Units: ratio. */
export const normalizedHarm = (
  group: { readonly lost: number; readonly rows: number },
  whole: { readonly lost: number; readonly rows: number },
  confidence: number,
): Ratio | null => {
  if (whole.lost === 0) return null;
  const share = group.rows / whole.rows;
  const { low, high } = wilson(group.lost, whole.lost, confidence);
  return { value: group.lost / whole.lost / share, low: low / share, high: high / share };
};

export interface Spread {
  /** Chance that marks fall as unevenly on groups, or more so, when they have nothing to do with them. */
  readonly p: number;
  /** Interval of `p` itself, which is estimated by shuffling. */
  readonly low: number;
  readonly high: number;
}

/** Are marked rows (changed answers, lost answers) spread over groups as chance would spread them? Rows are marked at random `shuffles`
 *  times; p is how often Pearson's χ² is at least as large, so it holds however few marks there are. Only as many rows are drawn as are
 *  marked, which makes rare marks cheap. null when there is nothing to test: fewer than two groups, no mark, or nothing but marks.
 *  Shapes: `of` group per row, −1 for none (left out); `marked` per row. Source: permutation test; Phipson & Smyth 2010. */
export const spreadOver = (
  of: Int32Array,
  marked: Uint8Array,
  groups: number,
  {
    random,
    confidence,
    shuffles = 2000,
  }: { readonly random: Random; readonly confidence: number; readonly shuffles?: number },
): Spread | null => {
  const rows: number[] = [];
  const size = new Float64Array(groups);
  const observed = new Float64Array(groups);
  let marks = 0;
  for (let row = 0; row < of.length; row++) {
    const group = of[row]!;
    if (group < 0) continue;
    rows.push(group);
    size[group]! += 1;
    if (marked[row] === 0) continue;
    observed[group]! += 1;
    marks += 1;
  }
  if (groups < 2 || marks === 0 || marks === rows.length) return null;
  // The sums stay as they are, so χ² grows with Σ count² ÷ size.
  const score = (counts: Float64Array): number => {
    let sum = 0;
    for (let group = 0; group < groups; group++) if (size[group]! > 0) sum += counts[group]! ** 2 / size[group]!;
    return sum;
  };
  // With most rows marked it is the unmarked ones that are drawn: χ² is the same for both.
  const few = Math.min(marks, rows.length - marks);
  const wanted = few === marks ? observed : size.map((count, group) => count - observed[group]!);
  const limit = score(wanted) - 1e-9 * Math.max(1, score(wanted));
  const pool = Int32Array.from(rows);
  const drawn = new Float64Array(groups);
  let reached = 1;
  for (let shuffle = 0; shuffle < shuffles; shuffle++) {
    drawn.fill(0);
    for (let at = 0; at < few; at++) {
      const from = at + random.integer(pool.length - at);
      const group = pool[from]!;
      pool[from] = pool[at]!;
      pool[at] = group;
      drawn[group]! += 1;
    }
    if (score(drawn) >= limit) reached++;
  }
  return { p: reached / (shuffles + 1), ...wilson(reached, shuffles + 1, confidence) };
};
