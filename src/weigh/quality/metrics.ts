/** Right answers and given answers of one classifier, as class indices. */
export interface Answers {
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  readonly classes: number;
}

/** Per class: right answers, rows that have it, rows that got it. `total` is the number (or weight) of rows. */
export interface Tally {
  readonly right: Float64Array;
  readonly truth: Float64Array;
  readonly given: Float64Array;
  readonly total: number;
}

/** Count answers; `weights` says how often each row counts (bootstrap draws), default once. */
export const tally = ({ truth, predicted, classes }: Answers, weights?: ArrayLike<number>): Tally => {
  const counts = {
    right: new Float64Array(classes),
    truth: new Float64Array(classes),
    given: new Float64Array(classes),
    total: 0,
  };
  for (let row = 0; row < truth.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    const [expected, got] = [truth[row]!, predicted[row]!];
    counts.truth[expected]! += weight;
    counts.given[got]! += weight;
    if (expected === got) counts.right[expected]! += weight;
    counts.total += weight;
  }
  return counts;
};

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);

/** Share of right answers. Units: proportion. NaN without rows. */
export const accuracy = ({ right, total }: Tally): number => sum(right) / total;

/** F1 of one class: 2·right / (rows that have it + rows that got it); 0 when nothing was right. */
const f1Of = ({ right, truth, given }: Tally, label: number): number => {
  const both = truth[label]! + given[label]!;
  return both === 0 ? 0 : (2 * right[label]!) / both;
};

/** Mean F1 over the classes that occur in the right or the given answers. Units: 0 to 1.
 *  Source: scikit-learn f1_score(average="macro", zero_division=0), whose labels are those present in either. */
export const f1Macro = (counts: Tally): number => {
  let all = 0;
  let present = 0;
  for (let label = 0; label < counts.truth.length; label++) {
    if (counts.truth[label]! + counts.given[label]! === 0) continue;
    present += 1;
    all += f1Of(counts, label);
  }
  return all / present;
};

/** Mean F1 over classes, weighted by how many rows have the class. Units: 0 to 1. Source: scikit-learn f1_score(average="weighted"). */
export const f1Weighted = (counts: Tally): number => {
  let all = 0;
  for (let label = 0; label < counts.truth.length; label++) all += counts.truth[label]! * f1Of(counts, label);
  return all / counts.total;
};

/** Matthews correlation for any number of classes; 0 when either side has one class only. Units: −1 to 1.
 *  Source: Gorodkin 2004 (R_K); scikit-learn matthews_corrcoef. */
export const matthews = ({ right, truth, given, total }: Tally): number => {
  let [cross, truthSquares, givenSquares] = [0, 0, 0];
  for (let label = 0; label < truth.length; label++) {
    cross += truth[label]! * given[label]!;
    truthSquares += truth[label]! ** 2;
    givenSquares += given[label]! ** 2;
  }
  const scale = (total ** 2 - truthSquares) * (total ** 2 - givenSquares);
  return scale === 0 ? 0 : (sum(right) * total - cross) / Math.sqrt(scale);
};

/** Rows: right answer; columns: given answer. Shape [classes × classes], row-major. Source: scikit-learn confusion_matrix. */
export const confusion = ({ truth, predicted, classes }: Answers): Int32Array => {
  const cells = new Int32Array(classes * classes);
  for (let row = 0; row < truth.length; row++) cells[truth[row]! * classes + predicted[row]!]! += 1;
  return cells;
};
