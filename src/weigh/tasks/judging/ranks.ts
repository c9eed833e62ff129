import { pearson } from '../../../statistics/index.ts';

interface Ordered {
  /** Rows in ascending order of their values. */
  readonly order: Int32Array;
  /** Where each group of equal values ends in that order. */
  readonly ends: Int32Array;
}

const ordered = (values: ArrayLike<number>): Ordered => {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ends: number[] = [];
  for (let at = 1; at <= order.length; at++)
    if (at === order.length || values[order[at]!] !== values[order[at - 1]!]) ends.push(at);
  return { order, ends: Int32Array.from(ends) };
};

/** Ranks when row i occurs `weights[i]` times; equal values share their mean rank. */
const ranks = ({ order, ends }: Ordered, weights: ArrayLike<number> | undefined, out: Float64Array): Float64Array => {
  let below = 0;
  let from = 0;
  for (const end of ends) {
    let weight = 0;
    for (let at = from; at < end; at++) weight += weights === undefined ? 1 : weights[order[at]!]!;
    const rank = below + (weight + 1) / 2;
    for (let at = from; at < end; at++) out[order[at]!] = rank;
    below += weight;
    from = end;
  }
  return out;
};

/** Rank correlation of pairs that occur `weights[i]` times, sorted once for all draws; 0 when one side is constant. Source: Spearman 1904. */
export const weightedSpearman = (
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): ((weights?: ArrayLike<number>) => number) => {
  const [first, second] = [ordered(x), ordered(y)];
  const [a, b] = [new Float64Array(x.length), new Float64Array(y.length)];
  return (weights) => pearson(ranks(first, weights, a), ranks(second, weights, b), weights) || 0;
};
