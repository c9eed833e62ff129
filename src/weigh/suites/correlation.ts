import { pearson } from '../../statistics/index.ts';

/** Rows from the smallest value to the largest. */
const orderOf = (values: ArrayLike<number>): Int32Array =>
  Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);

/** Ranks of a sample in which row i occurs `weights[i]` times; equal values share their mean rank. */
const rankInto = (ranks: Float64Array, values: ArrayLike<number>, order: Int32Array, weights: ArrayLike<number>) => {
  let before = 0;
  for (let from = 0; from < order.length;) {
    let [to, count] = [from, 0];
    while (to < order.length && values[order[to]!] === values[order[from]!]) count += weights[order[to++]!]!;
    for (let i = from; i < to; i++) ranks[order[i]!] = before + (count + 1) / 2;
    before += count;
    from = to;
  }
};

/** Spearman's correlation of two columns as a function of how often each row occurs, for the bootstrap: sorted once, ranked anew for each
 *  sample. NaN when one side is constant. Source: Spearman 1904, mean ranks for ties. */
export const weightedSpearman = (
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): ((weights: ArrayLike<number>) => number) => {
  const [orderX, orderY] = [orderOf(x), orderOf(y)];
  const [ranksX, ranksY] = [new Float64Array(x.length), new Float64Array(y.length)];
  return (weights) => {
    rankInto(ranksX, x, orderX, weights);
    rankInto(ranksY, y, orderY, weights);
    return pearson(ranksX, ranksY, weights);
  };
};
