import type { Evidence, Random } from '../contracts/index.ts';
import { autocorrelation, quantile } from './quantiles.ts';
import { membersOf } from './clusters.ts';
import { thinQuantiles } from './evidence.ts';
import { ranksOf } from './ranks.ts';
import { normalQuantile, studentQuantile } from './special.ts';

export interface BootstrapResult {
  readonly low: number;
  readonly high: number;
  /** All replicates, ascending. */
  readonly replicates: Float64Array;
  readonly evidence: Extract<Evidence, { kind: 'bootstrap' }>;
}

const resultOf = (replicates: Float64Array, confidence: number): BootstrapResult => {
  replicates.sort();
  const tail = (1 - confidence) / 2;
  return {
    low: quantile(replicates, tail),
    high: quantile(replicates, 1 - tail),
    replicates,
    evidence: thinQuantiles(replicates),
  };
};

export interface BootstrapOptions {
  readonly replicates?: number;
  readonly confidence: number;
  readonly random: Random;
  /** Cluster index per item: whole clusters are drawn (questions, sentence pairs). */
  readonly clusters?: ArrayLike<number>;
}

/** Draws how often each item is taken, cluster by cluster. */
const drawer = (items: number, { random, clusters }: BootstrapOptions): ((weights: Int32Array) => void) => {
  if (clusters === undefined)
    return (weights) => {
      weights.fill(0);
      for (let i = 0; i < items; i++) weights[random.integer(items)]!++;
    };
  const groups = membersOf(clusters);
  return (weights) => {
    weights.fill(0);
    for (let i = 0; i < groups.length; i++) for (const item of groups[random.integer(groups.length)]!) weights[item]!++;
  };
};

/** Percentile bootstrap of any statistic of weighted items: `statistic(weights)` gets how often each item was drawn.
 *  Compute a paired difference inside the statistic and both models see the same draws. Source: Efron & Tibshirani 1993, §13. */
export const bootstrap = (
  items: number,
  statistic: (weights: Int32Array) => number,
  options: BootstrapOptions,
): BootstrapResult => {
  const count = options.replicates ?? 2000;
  const draw = drawer(items, options);
  const weights = new Int32Array(items);
  const replicates = new Float64Array(count);
  for (let replicate = 0; replicate < count; replicate++) {
    draw(weights);
    replicates[replicate] = statistic(weights);
  }
  return resultOf(replicates, options.confidence);
};

/** The same for the mean of per-item values (paired differences, durations): the fast path. */
export const bootstrapMean = (values: ArrayLike<number>, options: BootstrapOptions): BootstrapResult => {
  if (options.clusters !== undefined) return bootstrapClusterMean(values, options.clusters, options);
  const { random } = options;
  const n = values.length;
  const replicates = new Float64Array(options.replicates ?? 10_000);
  for (let replicate = 0; replicate < replicates.length; replicate++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[random.integer(n)]!;
    replicates[replicate] = sum / n;
  }
  return resultOf(replicates, options.confidence);
};

/** Whole clusters are drawn; only their sums and sizes matter. */
const bootstrapClusterMean = (
  values: ArrayLike<number>,
  clusters: ArrayLike<number>,
  { random, replicates: count = 2000, confidence }: BootstrapOptions,
): BootstrapResult => {
  const members = membersOf(clusters);
  const sums = Float64Array.from(members, (items) => items.reduce((sum, item) => sum + values[item]!, 0));
  const sizes = Float64Array.from(members, (items) => items.length);
  const replicates = new Float64Array(count);
  for (let replicate = 0; replicate < count; replicate++) {
    let [sum, size] = [0, 0];
    for (let i = 0; i < sums.length; i++) {
      const drawn = random.integer(sums.length);
      sum += sums[drawn]!;
      size += sizes[drawn]!;
    }
    replicates[replicate] = sum / size;
  }
  return resultOf(replicates, confidence);
};

/** Bootstrap of the median over rounds in time order; blocks keep neighboring rounds together when they are alike,
 *  and the distribution is widened for how few blocks there are. `blockLength` 1 is the ordinary bootstrap. Source: Künsch 1989 (moving blocks). */
export const bootstrapMedian = (
  rounds: ArrayLike<number>,
  options: BootstrapOptions & { readonly blockLength?: number },
): BootstrapResult => {
  const { random } = options;
  const n = rounds.length;
  const block = Math.max(1, Math.min(Math.floor(n / 2), options.blockLength ?? blockLengthOf(rounds)));
  const replicates = new Float64Array(options.replicates ?? 10_000);
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => rounds[a]! - rounds[b]!);
  const ordered = Float64Array.from(order, (i) => rounds[i]!);
  const rank = new Int32Array(n);
  for (let i = 0; i < n; i++) rank[order[i]!] = i;
  const counts = new Int32Array(n);
  const starts = n - block + 1;
  for (let replicate = 0; replicate < replicates.length; replicate++) {
    counts.fill(0);
    for (let i = 0; i < n;) {
      const from = random.integer(starts);
      for (let j = 0; j < block && i < n; j++, i++) counts[rank[from + j]!]!++;
    }
    replicates[replicate] = middleOf(ordered, counts, n);
  }
  if (block > 1) widen(replicates, middleOf(ordered, counts.fill(1), n), n, block, options.confidence);
  return resultOf(replicates, options.confidence);
};

/** Few blocks know little about their own spread: Student's t with one degree of freedom less than there are blocks, and the share of
 *  the series that one block takes out of its own variance. */
const widen = (replicates: Float64Array, center: number, n: number, block: number, confidence: number): void => {
  const upper = 1 - (1 - confidence) / 2;
  const t = studentQuantile(upper, Math.max(2, n / block - 1));
  const scale = (t / normalQuantile(upper)) * Math.sqrt(n / (n - block));
  for (let i = 0; i < replicates.length; i++) replicates[i] = center + scale * (replicates[i]! - center);
};

/** Median of n values given as ordered values and how often each occurs. */
const middleOf = (ordered: Float64Array, counts: Int32Array, n: number): number => {
  const half = n / 2;
  let below = 0;
  let at = 0;
  while ((below += counts[at]!) < half) at++;
  if (below > half) return ordered[at]!;
  let next = at + 1;
  while (counts[next] === 0) next++;
  return (ordered[at]! + ordered[next]!) / 2;
};

/** 1 while rounds look independent (lag-1 autocorrelation of their ranks up to 0.2: one slow round must not hide how alike the others are),
 *  otherwise the cube root of n scaled by the correlation, half as long again because ranks understate it.
 *  Source: Politis & White 2004, for a first-order autoregression. */
export const blockLengthOf = (rounds: ArrayLike<number>): number => {
  const correlation = autocorrelation(ranksOf(rounds));
  if (correlation <= 0.2) return 1;
  const factor = ((2 * correlation) / (1 - correlation * correlation)) ** (2 / 3);
  return Math.max(2, Math.min(Math.ceil(rounds.length / 4), Math.round(1.5 * factor * Math.cbrt(rounds.length))));
};
