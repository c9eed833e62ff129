/** Which weights of a matrix [k, n] go. */
export type Pattern =
  /** The lowest share: of each output's weights, or of the whole layer's. */
  | { readonly kind: 'share'; readonly share: number; readonly within: 'output' | 'layer' }
  /** All but `keep` of each `of` neighbouring inputs, for every output (N:M). */
  | { readonly kind: 'group'; readonly keep: number; readonly of: number };

/** How many of `count` weights a share is; one always stays. */
export const countOf = (share: number, count: number): number =>
  Math.max(0, Math.min(count - 1, Math.round(share * count)));

/** Mark the lowest scores: `dropped[i]` becomes 1 for exactly `count` of them, and 0 for the rest. Of equal ones the first go. */
export const markLowest = (scores: Float64Array, count: number, dropped: Uint8Array): void => {
  dropped.fill(0, 0, scores.length);
  if (count === 0) return;
  const border = scores.toSorted()[count - 1]!;
  let left = count;
  for (let i = 0; i < scores.length; i++)
    if (scores[i]! < border) {
      dropped[i] = 1;
      left--;
    }
  for (let i = 0; i < scores.length && left > 0; i++)
    if (scores[i] === border) {
      dropped[i] = 1;
      left--;
    }
};

/** Mark what a pattern drops of `rows` whole rows with these scores.
 *  Shapes: scores, dropped [rows, n]; for groups rows is a multiple of `of`. */
export const markPattern = (scores: Float64Array, n: number, pattern: Pattern, dropped: Uint8Array): void => {
  const rows = scores.length / n;
  if (pattern.kind === 'share' && pattern.within === 'layer') {
    markLowest(scores, countOf(pattern.share, scores.length), dropped);
    return;
  }
  const size = pattern.kind === 'group' ? pattern.of : rows;
  const count = pattern.kind === 'group' ? pattern.of - pattern.keep : countOf(pattern.share, rows);
  const own = new Float64Array(size);
  const marks = new Uint8Array(size);
  for (let top = 0; top + size <= rows; top += size)
    for (let column = 0; column < n; column++) {
      for (let i = 0; i < size; i++) own[i] = scores[(top + i) * n + column]!;
      markLowest(own, count, marks);
      for (let i = 0; i < size; i++) dropped[(top + i) * n + column] = marks[i]!;
    }
};
