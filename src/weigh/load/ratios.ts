import type { Comparison, Random } from '../../contracts/index.ts';
import {
  blockLengthOf,
  bootstrap,
  bootstrapMedian,
  iqr,
  median,
  quantile,
  thinQuantiles,
} from '../../statistics/index.ts';

/** A series of paired numbers: one per round, and which set of processes the round ran on. */
export interface Series {
  readonly values: ArrayLike<number>;
  readonly laps: ArrayLike<number>;
}

/** How much two processes of the same thing differ for as long as they live (page placement, code layout): not noise of rounds,
 *  so more rounds do not average it away, but more processes do. */
export interface ProcessSpread {
  /** Standard deviation of the logarithm of a ratio between sets of processes, with the rounds' own noise taken out. */
  readonly sd: number;
  /** How much that is known from; whole number. */
  readonly degreesOfFreedom: number;
  /** Logarithm of the ratio that two copies of the same model showed, where it should have been 0: the session leans by as much,
   *  nobody knows which way, so every ratio may. 0 in a session without such a finding. */
  readonly lean?: number;
}

const fewestRounds = 4;

const logsByLap = ({ values, laps }: Series): number[][] => {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < values.length; i++) {
    const log = Math.log(values[i]!);
    const group = groups.get(laps[i]!);
    if (group === undefined) groups.set(laps[i]!, [log]);
    else group.push(log);
  }
  return [...groups.values()].filter((group) => group.length >= fewestRounds);
};

/** Spread between processes, pooled over all series of paired ratios (every candidate and the A/A arm).
 *  The variance of the laps' medians, less what the rounds' noise explains: π/2 · σ²/n for a median, σ from the interquartile range.
 *  All series share the baseline's process, so their squares correlate by 1/4 and k series are worth 4k/(k + 3) independent ones. */
export const processSpread = (series: readonly Series[]): ProcessSpread => {
  let squares = 0;
  let explained = 0;
  let pooled = 0;
  let used = 0;
  for (const one of series) {
    const laps = logsByLap(one);
    if (laps.length < 2) continue;
    const medians = laps.map(median);
    const center = medians.reduce((sum, value) => sum + value, 0) / medians.length;
    for (const value of medians) squares += (value - center) ** 2;
    const noise = laps.map((logs) => ((Math.PI / 2) * (iqr(logs) / 1.349) ** 2) / logs.length);
    explained += ((laps.length - 1) * noise.reduce((sum, value) => sum + value, 0)) / laps.length;
    pooled += laps.length - 1;
    used++;
  }
  if (pooled === 0) return { sd: 0, degreesOfFreedom: 0 };
  const variance = Math.max(0, (squares - explained) / pooled);
  return { sd: Math.sqrt(variance), degreesOfFreedom: Math.max(1, Math.floor((pooled * 4) / (used + 3))) };
};

/** How many equally long laps these rounds are worth. */
export const effectiveLaps = (laps: ArrayLike<number>): number => {
  const counts = new Map<number, number>();
  for (let i = 0; i < laps.length; i++) counts.set(laps[i]!, (counts.get(laps[i]!) ?? 0) + 1);
  let squares = 0;
  for (const count of counts.values()) squares += count * count;
  return squares === 0 ? 1 : laps.length ** 2 / squares;
};

/** Student's t as normal over the root of a mean of squares. */
const student = (degreesOfFreedom: number, random: Random): number => {
  let squares = 0;
  for (let i = 0; i < degreesOfFreedom; i++) squares += random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / degreesOfFreedom);
};

/** Bootstrap replicates with the spread between processes added, and the session's lean to either side. Ascending. */
const spread = (
  replicates: Float64Array,
  laps: ArrayLike<number>,
  between: ProcessSpread,
  random: Random,
): Float64Array => {
  const lean = between.lean ?? 0;
  if (between.sd === 0 && lean === 0) return replicates;
  const scale = between.sd / Math.sqrt(effectiveLaps(laps));
  const degrees = Math.min(between.degreesOfFreedom, 60);
  const apart = (): number => (between.sd === 0 ? 0 : scale * student(degrees, random));
  const side = (): number => (lean === 0 ? 0 : random.next() < 0.5 ? -lean : lean);
  return replicates.map((value) => value * Math.exp(apart() + side())).sort();
};

export interface EstimateSettings {
  readonly confidence: number;
  readonly random: Random;
  /** Default 10,000. */
  readonly replicates?: number;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly evidence: Comparison['evidence'];
}

const estimateOf = (value: number, replicates: Float64Array, confidence: number): Estimate => {
  const tail = (1 - confidence) / 2;
  return {
    value,
    low: Math.min(value, quantile(replicates, tail)),
    high: Math.max(value, quantile(replicates, 1 - tail)),
    evidence: thinQuantiles(replicates),
  };
};

/** Median over rounds with its interval: percentile bootstrap over rounds, in moving blocks when neighbors are alike,
 *  widened by the spread between processes. */
export const estimateMedian = (series: Series, between: ProcessSpread, settings: EstimateSettings): Estimate => {
  const { confidence, random, replicates = 10_000 } = settings;
  const drawn = bootstrapMedian(series.values, { confidence, random, replicates });
  return estimateOf(median(series.values), spread(drawn.replicates, series.laps, between, random), confidence);
};

/** Half the width of the rounds' own interval of a median, relative to it: what more rounds make smaller. */
export const relativeHalfWidth = (values: ArrayLike<number>, settings: EstimateSettings): number => {
  const drawn = bootstrapMedian(values, { ...settings, replicates: settings.replicates ?? 1_000 });
  return (drawn.high - drawn.low) / 2 / Math.abs(median(values));
};

/** All samples of an arm in ascending order, with the round each came from. */
export interface Pool {
  readonly ordered: Float64Array;
  readonly round: Int32Array;
}

/** Pool the calls of all rounds. */
export const poolOf = (rounds: readonly (readonly number[])[]): Pool => {
  const all = rounds.flatMap((samples, round) => samples.map((ms) => ({ ms, round }))).sort((a, b) => a.ms - b.ms);
  return { ordered: Float64Array.from(all, ({ ms }) => ms), round: Int32Array.from(all, ({ round }) => round) };
};

/** The value at a share of the weighted samples, each counted as often as its round was drawn. */
const weightedRank = ({ ordered, round }: Pool, weights: Int32Array, share: number): number => {
  let total = 0;
  for (let i = 0; i < ordered.length; i++) total += weights[round[i]!]!;
  const target = share * total;
  let below = 0;
  for (let i = 0; i < ordered.length; i++) {
    below += weights[round[i]!]!;
    if (below > target) return ordered[i]!;
  }
  return ordered.at(-1)!;
};

/** Interval of the order statistic at `share` of an arm's samples, or of its ratio to another arm's on the same rounds.
 *  Whole rounds are drawn, in blocks when neighboring rounds are alike. */
export const estimateRank = (
  pool: Pool,
  against: Pool | null,
  share: number,
  laps: ArrayLike<number>,
  between: ProcessSpread,
  settings: EstimateSettings,
): Estimate => {
  const rounds = laps.length;
  const { confidence, random, replicates = 2_000 } = settings;
  const means = new Float64Array(rounds);
  for (let i = 0; i < pool.ordered.length; i++) means[pool.round[i]!]! += pool.ordered[i]!;
  const block = blockLengthOf(means);
  const statistic = (weights: Int32Array): number =>
    weightedRank(pool, weights, share) / (against === null ? 1 : weightedRank(against, weights, share));
  const drawn = bootstrap(rounds, statistic, {
    confidence,
    random,
    replicates,
    ...(block > 1 ? { clusters: Int32Array.from({ length: rounds }, (_, i) => Math.floor(i / block)) } : {}),
  });
  const value = statistic(new Int32Array(rounds).fill(1));
  return estimateOf(value, spread(drawn.replicates, laps, between, random), confidence);
};
