/** Answers counted by group and class. Shapes: `rows` [groups], the others [groups × classes], row-major. */
export interface GroupCounts {
  readonly groups: number;
  readonly classes: number;
  readonly rows: Float64Array;
  /** Rows that got the class. */
  readonly given: Float64Array;
  /** Rows that have the class. */
  readonly truth: Float64Array;
  /** Rows that have the class and got it. */
  readonly right: Float64Array;
}

export const emptyCounts = (groups: number, classes: number): GroupCounts => ({
  groups,
  classes,
  rows: new Float64Array(groups),
  given: new Float64Array(groups * classes),
  truth: new Float64Array(groups * classes),
  right: new Float64Array(groups * classes),
});

/** Count into `counts`, which starts at zero again. `of` is the group of each row (−1: none), `truth` −1 for rows without a right answer,
 *  `weights` how often each row counts (default once). */
export const countGroups = (
  counts: GroupCounts,
  of: Int32Array,
  truth: Int32Array,
  predicted: Int32Array,
  weights?: Int32Array,
): GroupCounts => {
  const { rows, given, classes } = counts;
  for (const cells of [rows, given, counts.truth, counts.right]) cells.fill(0);
  for (let row = 0; row < of.length; row++) {
    const group = of[row]!;
    if (group < 0) continue;
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    rows[group]! += weight;
    const got = group * classes + predicted[row]!;
    given[got]! += weight;
    if (truth[row]! < 0) continue;
    counts.truth[group * classes + truth[row]!]! += weight;
    if (truth[row] === predicted[row]) counts.right[got]! += weight;
  }
  return counts;
};

/** Which classes and groups have enough rows to count. Decided once, on the data as it is, so that every version and every draw is
 *  compared by the same rates. */
export interface Eligible {
  readonly classes: readonly number[];
  /** [groups × classes]: 1 where a group's rate counts among rows that have the class, or among those that have not. */
  readonly positive: Uint8Array;
  readonly negative: Uint8Array;
}

/** `fewest` rows are needed below a true-positive or false-positive rate. */
export const eligibleOf = (counts: GroupCounts, classes: readonly number[], fewest: number): Eligible => ({
  classes,
  positive: Uint8Array.from(counts.truth, (count) => (count >= fewest ? 1 : 0)),
  negative: Uint8Array.from(counts.truth, (count, at) =>
    counts.rows[Math.floor(at / counts.classes)]! - count >= fewest ? 1 : 0,
  ),
});

/** A rate of a group for a class: share that gets it, share of those who have it that gets it, share of the others that gets it. */
type Rate = 'selection' | 'hit' | 'alarm';

const rateOf = (
  { classes, rows, given, truth, right }: GroupCounts,
  rate: Rate,
  group: number,
  label: number,
): number => {
  const at = group * classes + label;
  switch (rate) {
    case 'selection':
      return given[at]! / rows[group]!;
    case 'hit':
      return right[at]! / truth[at]!;
    case 'alarm':
      return (given[at]! - right[at]!) / (rows[group]! - truth[at]!);
  }
};

/** Two groups that are compared by a rate for a class. */
export interface Contrast {
  readonly rate: Rate;
  readonly label: number;
  /** The groups with the greatest and the least rate. */
  readonly most: number;
  readonly least: number;
}

/** Mean over classes, each by its own two groups. */
export interface Contrasts {
  /** Greatest minus least selection rate. Source: fairlearn demographic_parity_difference. */
  readonly parityDifference: readonly Contrast[];
  /** Least ÷ greatest selection rate, of the classes that anybody gets. Source: fairlearn demographic_parity_ratio. */
  readonly parityRatio: readonly Contrast[];
  /** Greatest minus least true-positive rate. Source: fairlearn equal_opportunity_difference. */
  readonly opportunity: readonly Contrast[];
  /** The larger of the gaps of true-positive and false-positive rates. Source: fairlearn equalized_odds_difference. */
  readonly odds: readonly Contrast[];
}
export type GapStatistic = keyof Contrasts;
export const gapStatistics = [
  'parityDifference',
  'parityRatio',
  'opportunity',
  'odds',
] as const satisfies GapStatistic[];

/** The extreme groups among those that count; null when there are fewer than two. */
const extremesOf = (
  counts: GroupCounts,
  rate: Rate,
  label: number,
  counting: (group: number) => boolean,
): Contrast | null => {
  let [most, least, high, low, count] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let group = 0; group < counts.groups; group++) {
    if (!counting(group)) continue;
    const value = rateOf(counts, rate, group, label);
    count += 1;
    if (value > high) [most, high] = [group, value];
    if (value < low) [least, low] = [group, value];
  }
  return count < 2 ? null : { rate, label, most, least };
};

const gapOf = (counts: GroupCounts, { rate, label, most, least }: Contrast): number =>
  rateOf(counts, rate, most, label) - rateOf(counts, rate, least, label);

/** Which groups are furthest apart, class by class. Unlike fairlearn, a group without a row of a class has no rate for it rather than 0. */
export const contrastsOf = (counts: GroupCounts, { classes, positive, negative }: Eligible): Contrasts => {
  const found = { parityDifference: [], parityRatio: [], opportunity: [], odds: [] } as Record<
    GapStatistic,
    Contrast[]
  >;
  for (const label of classes) {
    const at = (group: number): number => group * counts.classes + label;
    const selection = extremesOf(counts, 'selection', label, (group) => counts.rows[group]! > 0);
    const hit = extremesOf(counts, 'hit', label, (group) => positive[at(group)] === 1);
    const alarm = extremesOf(counts, 'alarm', label, (group) => negative[at(group)] === 1);
    if (selection !== null) {
      found.parityDifference.push(selection);
      if (rateOf(counts, 'selection', selection.most, label) > 0) found.parityRatio.push(selection);
    }
    if (hit === null) continue;
    found.opportunity.push(hit);
    // Without the one there is no equality of both.
    if (alarm !== null) found.odds.push(gapOf(counts, alarm) > gapOf(counts, hit) ? alarm : hit);
  }
  return found;
};

/** A statistic by the groups that were found furthest apart, in these or other counts; NaN where nothing can be compared. */
export const gapBy = (counts: GroupCounts, statistic: GapStatistic, contrasts: readonly Contrast[]): number => {
  let [sum, count] = [0, 0];
  for (const contrast of contrasts) {
    const { rate, label, most, least } = contrast;
    const value =
      statistic === 'parityRatio'
        ? rateOf(counts, rate, least, label) / rateOf(counts, rate, most, label)
        : gapOf(counts, contrast);
    // A draw may lose the rows of a rare class.
    if (!Number.isFinite(value)) continue;
    sum += value;
    count += 1;
  }
  return sum / count;
};

/** How differently groups are treated: every statistic by its own extremes. */
export const gapsOf = (counts: GroupCounts, eligible: Eligible): Record<GapStatistic, number> => {
  const contrasts = contrastsOf(counts, eligible);
  return Object.fromEntries(
    gapStatistics.map((statistic) => [statistic, gapBy(counts, statistic, contrasts[statistic])]),
  ) as Record<GapStatistic, number>;
};
