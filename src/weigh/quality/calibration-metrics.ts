/** How sure a classifier was of its answer, and whether the answer was right. One entry a row. */
export interface Sureness {
  /** Probability of the given answer, 0 to 1. */
  readonly confidence: Float64Array;
  /** 1 right, 0 wrong. */
  readonly right: ArrayLike<number>;
}

/** Which of `count` bins each row lies in. */
export interface Bins {
  readonly of: Int32Array;
  readonly count: number;
}

/** Bin of each confidence among `count` equally wide ones, closed on the right: (0, 1/count], … Source: Guo et al. 2017, §2. */
export const equalWidthBins = (confidence: ArrayLike<number>, count: number): Bins => ({
  // Rounding must not lift a confidence of 0.8 over its edge.
  of: Int32Array.from(confidence, (one) => Math.min(count - 1, Math.max(0, Math.ceil(one * count - 1e-9) - 1))),
  count,
});

/** Bin of each confidence among up to `count` of equal size: edges lie halfway between neighbors, equal confidences share a bin.
 *  Source: Kumar, Liang & Ma 2019 (verified_calibration, get_equal_bins), as in HELM's ece_10_bin. */
export const equalMassBins = (confidence: Float64Array, count: number): Bins => {
  const ordered = Float64Array.from(confidence).sort();
  const size = Math.ceil(ordered.length / count);
  const edges: number[] = [];
  for (let at = size; at < ordered.length; at += size) {
    const edge = (ordered[at - 1]! + ordered[at]!) / 2;
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  const of = Int32Array.from(confidence, (one) => {
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle]! < one) low = middle + 1;
      else high = middle;
    }
    return low;
  });
  return { of, count: edges.length + 1 };
};

const weightOf = (weights: ArrayLike<number> | undefined, row: number): number =>
  weights === undefined ? 1 : weights[row]!;

/** Expected calibration error: how far confidence and accuracy lie apart, bin by bin, weighted by the rows in each. 0 to 1.
 *  `weights` says how often each row counts. Source: Naeini et al. 2015; Guo et al. 2017, eq. 3. */
export const calibrationError = (
  { confidence, right }: Sureness,
  { of, count }: Bins,
  weights?: ArrayLike<number>,
): number => {
  const gaps = new Float64Array(count);
  let total = 0;
  for (let row = 0; row < of.length; row++) {
    const weight = weightOf(weights, row);
    gaps[of[row]!]! += weight * (confidence[row]! - right[row]!);
    total += weight;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
};

/** By how much chance alone lifts the calibration error: in a bin whose gap lies within two standard errors of none, rows that are right as
 *  often as their confidence says would still show a gap of √(2/π) standard errors. Same unit as the error.
 *  Source: Bröcker & Smith 2007 (consistency resampling), its mean in closed form. */
export const chanceError = ({ confidence, right }: Sureness, { of, count }: Bins): number => {
  const [gaps, variances] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < of.length; row++) {
    const sure = confidence[row]!;
    gaps[of[row]!]! += sure - right[row]!;
    variances[of[row]!]! += sure * (1 - sure);
  }
  let sum = 0;
  for (let bin = 0; bin < count; bin++) {
    const error = Math.sqrt(variances[bin]!);
    if (Math.abs(gaps[bin]!) <= 2 * error) sum += error * Math.sqrt(2 / Math.PI);
  }
  return sum / of.length;
};

export interface Selective {
  /** Mean over k of the accuracy of the k rows that the classifier is surest of. */
  readonly area: number;
  /** Accuracy of the surest tenth: of the first ⌊0.1·n⌋ + 1 rows. */
  readonly atTenth: number;
}

/** Rows by confidence, the surest first, and where each run of equal confidences ends. */
export interface Order {
  readonly rows: Int32Array;
  readonly ends: Int32Array;
}

export const surestFirst = (confidence: Float64Array): Order => {
  const rows = Int32Array.from({ length: confidence.length }, (_, row) => row).sort(
    (a, b) => confidence[b]! - confidence[a]! || a - b,
  );
  const ends: number[] = [];
  for (let at = 1; at <= rows.length; at++)
    if (at === rows.length || confidence[rows[at]!] !== confidence[rows[at - 1]!]) ends.push(at);
  return { rows, ends: Int32Array.from(ends) };
};

/** Accuracy where one answers only when sure. Rows of equal confidence count by their common accuracy, so that their order in the data does
 *  not matter. Source: El-Yaniv & Wiener 2010; HELM's selective_cov_acc_area and selective_acc@10 (verified_calibration). */
export const selectiveAccuracy = (
  right: ArrayLike<number>,
  { rows, ends }: Order,
  weights?: ArrayLike<number>,
): Selective => {
  let all = rows.length;
  if (weights !== undefined) {
    all = 0;
    for (let row = 0; row < rows.length; row++) all += weights[row]!;
  }
  const tenth = Math.floor(0.1 * all) + 1;
  let [taken, hits, area, atTenth] = [0, 0, 0, Number.NaN];
  let at = 0;
  for (const end of ends) {
    let [run, good] = [0, 0];
    for (; at < end; at++) {
      const weight = weightOf(weights, rows[at]!);
      run += weight;
      good += weight * right[rows[at]!]!;
    }
    for (let k = 1; k <= run; k++) {
      const accuracy = (hits + (k * good) / run) / (taken + k);
      area += accuracy;
      if (taken + k === tenth) atTenth = accuracy;
    }
    taken += run;
    hits += good;
  }
  return { area: area / all, atTenth };
};
