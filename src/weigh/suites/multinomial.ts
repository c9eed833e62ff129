import type { Random } from '../../contracts/index.ts';
import { logGamma } from '../../statistics/index.ts';

/** Few expected: walk up the distribution function. */
const bySearch = (n: number, p: number, random: Random): number => {
  let left = random.next();
  let mass = Math.exp(n * Math.log1p(-p));
  let k = 0;
  while (left > mass && k < n) {
    left -= mass;
    mass *= ((n - k) / (k + 1)) * (p / (1 - p));
    k += 1;
  }
  return k;
};

/** Ten or more expected: transformed rejection. Source: Hörmann 1993, algorithm BTRS. */
const byRejection = (n: number, p: number, random: Random): number => {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const quick = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const top = logGamma(mode + 1) + logGamma(n - mode + 1);
  for (;;) {
    const u = random.next() - 0.5;
    const v = random.next();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + n * p + 0.5);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (edge * edge) + b));
    if (height <= top - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * odds) return k;
  }
};

/** How many of n independent trials succeed, each with chance p: an exact draw in constant time. */
export const drawBinomial = (n: number, p: number, random: Random): number => {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, random);
  return n * p < 10 ? bySearch(n, p, random) : byRejection(n, p, random);
};

/** A bootstrap sample of as many rows as there are, told by how often each kind of row occurs in it: the distribution is that of drawing
 *  rows one by one with replacement, the work does not grow with their number. `counts` and `sample`: one entry for each kind. */
export const drawMultinomial = (counts: ArrayLike<number>, sample: Int32Array, random: Random): void => {
  let rows = 0;
  for (let kind = 0; kind < counts.length; kind++) rows += counts[kind]!;
  let [left, pool] = [rows, rows];
  for (let kind = 0; kind < counts.length; kind++) {
    const count = counts[kind]!;
    sample[kind] = drawBinomial(left, count / pool, random);
    left -= sample[kind]!;
    pool -= count;
  }
};
