import { ranksOf, tiesOf } from './ranks.ts';
import { normalCdf, normalQuantile, studentCdf } from './special.ts';
import type { Interval } from './proportions.ts';

const sameLength = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  if (x.length !== y.length) throw new Error(`correlation of ${x.length} and ${y.length} values`);
  return x.length;
};

/** Linear correlation, −1 to 1. NaN for fewer than two values or when one side is constant. `weights` says how often each pair counts.
 *  Source: Pearson 1895; two passes, so that large means cost no digits. */
export const pearson = (x: ArrayLike<number>, y: ArrayLike<number>, weights?: ArrayLike<number>): number => {
  const n = sameLength(x, y);
  let [total, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    total += weight;
    sumX += weight * x[i]!;
    sumY += weight * y[i]!;
  }
  const [centerX, centerY] = [sumX / total, sumY / total];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight === 0) continue;
    const [a, b] = [x[i]! - centerX, y[i]! - centerY];
    xx += weight * a * a;
    yy += weight * b * b;
    xy += weight * a * b;
  }
  return xx === 0 || yy === 0 ? Number.NaN : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
};

/** Rank correlation, −1 to 1; equal values share their mean rank. NaN when one side is constant. Source: Spearman 1904. */
export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  sameLength(x, y);
  return pearson(ranksOf(x), ranksOf(y));
};

/** Pairs in the wrong order among `values`, sorted on the way (merge sort). */
const inversions = (values: Float64Array): number => {
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(values.length);
  let count = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      for (let i = start, j = middle, at = start; at < end; at++)
        if (i < middle && (j >= end || from[i]! <= from[j]!)) to[at] = from[i++]!;
        else {
          to[at] = from[j++]!;
          count += middle - i;
        }
    }
    [from, to] = [to, from];
  }
  return count;
};

/** Kendall's τ-b, −1 to 1: pairs in the same order minus pairs in the other, ties taken out on both sides. NaN when one side is constant.
 *  Source: Kendall 1945; Knight 1966 (n log n). */
export const kendall = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  const n = sameLength(x, y);
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const tied = (groups: readonly number[]): number => groups.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  let both = 0;
  for (let from = 0; from < n;) {
    let to = from + 1;
    while (to < n && x[order[to]!] === x[order[from]!] && y[order[to]!] === y[order[from]!]) to++;
    both += ((to - from) * (to - from - 1)) / 2;
    from = to;
  }
  const all = (n * (n - 1)) / 2;
  const [tiedX, tiedY] = [tied(tiesOf(x)), tied(tiesOf(y))];
  const discordant = inversions(Float64Array.from(order, (i) => y[i]!));
  const bottom = Math.sqrt((all - tiedX) * (all - tiedY));
  return bottom === 0 ? Number.NaN : (all - tiedX - tiedY + both - 2 * discordant) / bottom;
};

/** Two-sided p-value of H0 "no correlation" for Pearson's or Spearman's coefficient of n pairs, by Student's t; 1 without a coefficient.
 *  Source: Student 1908; exact for normal data, approximate for ranks. */
export const correlationP = (coefficient: number, n: number): number => {
  if (Number.isNaN(coefficient) || n < 3) return 1;
  if (Math.abs(coefficient) === 1) return 0;
  return 2 * studentCdf(-Math.abs(coefficient) * Math.sqrt((n - 2) / (1 - coefficient * coefficient)), n - 2);
};

/** Interval of Pearson's coefficient by Fisher's z; −1 to 1 for fewer than four pairs. For ranks its error is taken 1.03 times as large.
 *  Source: Fisher 1921; Fieller, Hartley & Pearson 1957 (variance 1.06 / (n − 3) for Spearman). */
export const correlationInterval = (
  coefficient: number,
  n: number,
  confidence: number,
  kind: 'pearson' | 'spearman' = 'pearson',
): Interval => {
  if (Number.isNaN(coefficient) || n < 4) return { low: -1, high: 1 };
  if (Math.abs(coefficient) === 1) return { low: coefficient, high: coefficient };
  const reach = normalQuantile(1 - (1 - confidence) / 2) * Math.sqrt((kind === 'pearson' ? 1 : 1.06) / (n - 3));
  const z = Math.atanh(coefficient);
  return { low: Math.tanh(z - reach), high: Math.tanh(z + reach) };
};

/** Two-sided p-value of H0 "no association" for Kendall's τ by the normal approximation with ties. Source: Kendall 1970, §4. */
export const kendallP = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  const n = sameLength(x, y);
  const tau = kendall(x, y);
  if (Number.isNaN(tau) || n < 3) return 1;
  const [ties, others] = [tiesOf(x), tiesOf(y)];
  const sum = (groups: readonly number[], of: (size: number) => number): number =>
    groups.reduce((all, size) => all + of(size), 0);
  const pairs = (t: number): number => t * (t - 1);
  const triples = (t: number): number => t * (t - 1) * (t - 2);
  const spread = (t: number): number => t * (t - 1) * (2 * t + 5);
  const variance =
    (spread(n) - sum(ties, spread) - sum(others, spread)) / 18 +
    (sum(ties, triples) * sum(others, triples)) / (9 * triples(n)) +
    (sum(ties, pairs) * sum(others, pairs)) / (2 * pairs(n));
  const all = pairs(n) / 2;
  const score = tau * Math.sqrt((all - sum(ties, pairs) / 2) * (all - sum(others, pairs) / 2));
  return 2 * normalCdf(-Math.abs(score) / Math.sqrt(variance));
};
