/** How far apart two ratings count: other or the same; by how many ratings lie between; by their difference. */
export type RatingScale = 'nominal' | 'ordinal' | 'interval';

/** Krippendorff's α: 1 is full agreement, 0 what chance would give, below 0 worse than chance. Null where nothing can be said: fewer than two
 *  ratings of any item, or only one value in all of them.
 *  Shapes: ratings [items][raters], numbers (for `nominal` any codes), null where a rater did not rate; items with fewer than two ratings do not count.
 *  Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability" (coincidence matrix; 1 − observed over expected disagreement). */
export const krippendorffAlpha = (
  ratings: readonly (readonly (number | null)[])[],
  scale: RatingScale,
): number | null => {
  const items = ratings
    .map((some) => some.filter((one): one is number => one !== null))
    .filter(({ length }) => length > 1);
  const values = [...new Set(items.flat())].toSorted((a, b) => a - b);
  if (values.length < 2) return null;
  const place = new Map(values.map((value, at) => [value, at]));
  const k = values.length;
  const together = Array.from({ length: k }, () => new Float64Array(k));
  for (const some of items)
    for (const [i, a] of some.entries())
      for (const [j, b] of some.entries())
        if (i !== j) together[place.get(a)!]![place.get(b)!]! += 1 / (some.length - 1);
  const totals = together.map((row) => row.reduce((sum, one) => sum + one, 0));
  const n = totals.reduce((sum, one) => sum + one, 0);
  const apart = (c: number, d: number): number => {
    if (scale === 'nominal') return c === d ? 0 : 1;
    if (scale === 'interval') return (values[c]! - values[d]!) ** 2;
    const between = totals.slice(Math.min(c, d), Math.max(c, d) + 1).reduce((sum, one) => sum + one, 0);
    return (between - (totals[c]! + totals[d]!) / 2) ** 2;
  };
  let [observed, expected] = [0, 0];
  for (let c = 0; c < k; c++)
    for (let d = 0; d < k; d++) {
      observed += together[c]![d]! * apart(c, d);
      expected += ((totals[c]! * (totals[d]! - (c === d ? 1 : 0))) / (n - 1)) * apart(c, d);
    }
  return 1 - observed / expected;
};
