/** Two kinds of items in one order: by score, the surest first; equal scores share a run. */
export interface Ranking {
  /** Item indices: those from `inside` on belong to the second kind. */
  readonly order: Int32Array;
  /** 1 where a run of equal scores ends. */
  readonly ends: Uint8Array;
  /** How many items are of the first kind. */
  readonly inside: number;
}

/** Rank scores of both kinds, greatest first. */
export const rank = (inside: ArrayLike<number>, outside: ArrayLike<number>): Ranking => {
  const scores = new Float64Array(inside.length + outside.length);
  scores.set(inside);
  scores.set(outside, inside.length);
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const ends = Uint8Array.from(order, (item, at) =>
    at === order.length - 1 || scores[order[at + 1]!] !== scores[item] ? 1 : 0,
  );
  return { order, ends, inside: inside.length };
};

export interface Separation {
  /** Chance that an item of the first kind scores above one of the second; equal scores count half. Source: Hanley & McNeil 1982;
   *  scikit-learn roc_auc_score. */
  readonly auroc: number;
  /** Area under precision and recall for finding the second kind by low scores, as average precision. Source: scikit-learn
   *  average_precision_score. */
  readonly aupr: number;
  /** Share of the second kind at or above the threshold that keeps `kept` of the first. Source: Hendrycks & Gimpel 2017; the first point of
   *  scikit-learn's roc_curve that reaches it. */
  readonly fpr: number;
}

/** How well scores tell two kinds of items apart. `weights` say how often each item counts (bootstrap draws), default once.
 *  Both kinds need some weight. Units: proportions. */
export const separate = ({ order, ends, inside }: Ranking, kept: number, weights?: Int32Array): Separation => {
  let [first, second] = [0, 0];
  for (let item = 0; item < order.length; item++) {
    const weight = weights === undefined ? 1 : weights[item]!;
    if (item < inside) first += weight;
    else second += weight;
  }
  const enough = kept * first - 1e-9 * first;
  let [auroc, aupr, fpr] = [0, 0, Number.NaN];
  // From the surest on: what has been passed, and what this run of equal scores adds.
  let [passed, fooled, more, others] = [0, 0, 0, 0];
  for (let at = 0; at < order.length; at++) {
    const item = order[at]!;
    const weight = weights === undefined ? 1 : weights[item]!;
    if (item < inside) more += weight;
    else others += weight;
    if (ends[at] === 0) continue;
    // Everything from this run down, for finding the second kind: recall grows by what the run holds of it.
    if (others > 0) {
      aupr += (others / second) * ((second - fooled) / (first - passed + (second - fooled)));
      auroc += others * (passed + more / 2);
    }
    passed += more;
    fooled += others;
    if (Number.isNaN(fpr) && passed >= enough) fpr = fooled / second;
    [more, others] = [0, 0];
  }
  return { auroc: auroc / (first * second), aupr, fpr };
};
