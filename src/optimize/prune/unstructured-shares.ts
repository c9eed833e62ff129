/** Bins per doubling, and the doublings that are told apart: from 2^−40 to 2^24 times a layer's mean score. */
const perDoubling = 64;
const lowest = -40;
const highest = 24;
const bins = (highest - lowest) * perDoubling;

/** How many of a layer's scores fall into each bin, relative to the root of their mean square: layers whose numbers are larger as a whole do
 *  not count for more. Zeros are in the first bin. Shapes: scores → [bins]. */
export const scoreHistogram = (scores: Float64Array): Float64Array => {
  const counts = new Float64Array(bins);
  let mean = 0;
  for (const score of scores) mean += (score * score) / scores.length;
  const unit = Math.sqrt(mean);
  for (const score of scores) {
    const at = Math.floor((Math.log2(score / unit) - lowest) * perDoubling);
    counts[at >= 0 ? Math.min(bins - 1, at) : 0]!++;
  }
  return counts;
};

/** One threshold for all layers → the share of each layer's weights below it, at most `most` of any, so that together they are `share` of all.
 *  Units: shares from 0 to 1. */
export const sharesOf = (histograms: readonly Float64Array[], share: number, most: number): readonly number[] => {
  const sizes = histograms.map((counts) => counts.reduce((sum, one) => sum + one, 0));
  const all = sizes.reduce((sum, one) => sum + one, 0);
  const below = histograms.map(() => 0);
  const shares = histograms.map(() => 0);
  let reached = 0;
  for (let bin = 0; bin < bins && reached < share * all; bin++) {
    const before = reached;
    const next = histograms.map((counts, i) => Math.min(most * sizes[i]!, below[i]! + counts[bin]!));
    const gain = next.reduce((sum, one, i) => sum + one - Math.min(most * sizes[i]!, below[i]!), 0);
    // The bin that crosses the mark is taken in part.
    const part = gain === 0 ? 0 : Math.min(1, (share * all - before) / gain);
    histograms.forEach((counts, i) => {
      const from = Math.min(most * sizes[i]!, below[i]!);
      shares[i] = (from + part * (next[i]! - from)) / sizes[i]!;
      below[i]! += counts[bin]!;
    });
    reached += part * gain;
  }
  return shares;
};
