/** Ranks from 1, ascending; equal values share their mean rank. */
export const ranksOf = (values: ArrayLike<number>): Float64Array => {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
};

/** Sizes of the groups of equal values, those of one value left out: what tie corrections need. */
export const tiesOf = (values: ArrayLike<number>): number[] => {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
};
