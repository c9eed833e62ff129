import { binomialCdf } from './special.ts';
import { clopperPearson } from './proportions.ts';

/** h(a, b) = a·ln(a/b) + (1 − a)·ln((1 − a)/(1 − b)), the exponent of Hoeffding's bound. */
const divergence = (a: number, b: number): number =>
  (a === 0 ? 0 : a * Math.log(a / b)) + (a === 1 ? 0 : (1 - a) * Math.log((1 - a) / (1 - b)));

/** p-value of H0 "the mean loss is above `risk`" for n independent losses between 0 and 1 with this mean: small when the risk is surely
 *  met. Losses of 0 and 1 only: the exact binomial tail. Others: the smaller of Hoeffding's and Bentkus' bounds.
 *  Units: `risk` above 0 and below 1. Without losses nothing is claimed: p = 1.
 *  Source: Bates et al. 2021, §3.1 (Hoeffding–Bentkus); Angelopoulos et al. 2021, Prop. 1. */
export const riskP = (mean: number, n: number, risk: number, whole: boolean): number => {
  if (n === 0) return 1;
  if (whole) return binomialCdf(Math.round(mean * n), n, risk);
  const hoeffding = Math.exp(-n * divergence(Math.min(mean, risk), risk));
  // A sum that rounding lifts above a whole number counts as that number.
  const bentkus = Math.E * binomialCdf(Math.ceil(mean * n - 1e-9), n, risk);
  return Math.min(1, hoeffding, bentkus);
};

/** One-sided upper confidence bound of the mean of losses between 0 and 1, where the test by `riskP` turns. */
export const riskBound = (mean: number, n: number, confidence: number, whole: boolean): number => {
  if (n === 0) return 1;
  if (whole) return clopperPearson(Math.round(mean * n), n, 2 * confidence - 1).high;
  let [low, high] = [mean, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (middle < 1 && riskP(mean, n, middle, false) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
};

/** The fewest rows on which a risk can be shown at all: without a single loss. */
export const rowsForRisk = (risk: number, confidence: number): number =>
  Math.ceil(Math.log(1 - confidence) / Math.log1p(-risk));

/** One row of held-out data: how sure the cheap answer is, and what taking it costs (0 to 1; the dear answer costs nothing). */
export interface Gamble {
  readonly sureness: number;
  readonly loss: number;
}

export interface Threshold {
  /** Rows at least this sure are kept. */
  readonly threshold: number;
  /** Rows that stay with the cheap answer. */
  readonly kept: number;
  /** Mean loss over all rows. */
  readonly loss: number;
  /** Its upper confidence bound: at most the risk. */
  readonly bound: number;
}

/** The lowest threshold whose mean loss over all rows is at most `risk` with this confidence; null when none can be shown to be.
 *  Thresholds are tested from the safest on, each at the full level, until the first failure. The losses never fall as the threshold does,
 *  so the first false hypothesis on that way bounds the error of the whole walk, though thresholds come from the rows themselves.
 *  Rows of equal sureness stay together; rows whose sureness is no number are never kept.
 *  Source: Bates et al. 2021, Thm. 1 (risk-controlling sets); Angelopoulos et al. 2021, §3.2 (fixed-sequence testing). */
export const riskThreshold = (gambles: readonly Gamble[], risk: number, confidence: number): Threshold | null => {
  const n = gambles.length;
  const whole = gambles.every(({ loss }) => loss === 0 || loss === 1);
  const ordered = gambles.filter(({ sureness }) => !Number.isNaN(sureness)).toSorted((a, b) => b.sureness - a.sureness);
  let found: Omit<Threshold, 'bound'> | null = null;
  let sum = 0;
  for (let at = 0; at < ordered.length;) {
    const { sureness } = ordered[at]!;
    let end = at;
    for (; end < ordered.length && ordered[end]!.sureness === sureness; end++) sum += ordered[end]!.loss;
    const loss = sum / n;
    if (riskP(loss, n, risk, whole) > 1 - confidence) break;
    const next = ordered[end]?.sureness ?? sureness;
    // Between this row and the next: rounding elsewhere does not move a row to the other side.
    const threshold = Number.isFinite(next) && Number.isFinite(sureness) ? (sureness + next) / 2 : sureness;
    found = { threshold, kept: end, loss };
    at = end;
  }
  return found === null ? null : { ...found, bound: riskBound(found.loss, n, confidence, whole) };
};
