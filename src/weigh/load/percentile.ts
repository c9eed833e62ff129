import type { Context, Measurement, Trial } from '../../contracts/index.ts';
import { earlyStoppingPercentile, samplesNeeded, sorted } from '../../statistics/index.ts';
import { caveatOf } from './compare.ts';
import type { Judged } from './compare.ts';
import { estimateRank, poolOf } from './ratios.ts';
import type { Turn } from './rounds.ts';

export interface PercentileMetric {
  readonly metric: string;
  readonly percentile: number;
}

/** How more calls are had where there are too few. */
export interface CallOption {
  /** "calls", "queries", "requests". */
  readonly calls: string;
  /** Id of the evaluator, and its option as a scenario writes it. */
  readonly evaluator: string;
  readonly option: string;
}

/** What it would take, to stand after the metric's name: a percentile is not guessed from too few calls. What is known all the same is a remark of
 *  its own, so that versions of one session lack the same thing in the same words. */
const tooFew = (needed: number, n: number, slowestMs: number, { calls, evaluator, option }: CallOption): string =>
  `it needs ${needed.toLocaleString('en-US')} ${calls} and there ${n === 1 ? 'was' : 'were'} ${n.toLocaleString('en-US')}: ` +
  `under weigh, set ${option} of ${evaluator} to ${needed} and give it the time for them (max-seconds, and minutes of budget); ` +
  `the slowest took ${slowestMs.toPrecision(3)} ms`;

/** The percentile's order statistic. Where there are too few calls to support it (64 for p90, 662 for p99) it has no value (NaN), and its caveat
 *  says how many it needs, how many there were, and how to get more. `told`: what else a reader must know; default: the session's caveat. */
export const measurePercentile = <T extends Turn>(
  trial: Trial,
  session: Judged<T>,
  arm: string,
  { metric, percentile }: PercentileMetric,
  more: CallOption,
  context: Context,
  told: string | undefined = caveatOf(session),
): Measurement => {
  const { group, spread } = session;
  const samplesOf = (id: string): readonly (readonly number[])[] =>
    group.rounds.map(({ turns }) => turns.get(id)!.samples);
  const pool = poolOf(samplesOf(arm));
  const n = pool.ordered.length;
  const value = earlyStoppingPercentile(sorted(pool.ordered), percentile);
  const common = { metric, unit: 'ms' as const, confidence: trial.confidence, samples: n };
  if (value === null) {
    const why = tooFew(samplesNeeded(percentile), n, pool.ordered.at(-1)!, more);
    const caveat = told === undefined ? why : `${why}; ${told}`;
    return { ...common, value: Number.NaN, low: Number.NaN, high: Number.NaN, caveat };
  }
  // The rank that the rule picked, used again in every replicate.
  const share = pool.ordered.findLastIndex((ms) => ms <= value) / n;
  const laps = group.rounds.map(({ lap }) => lap);
  const settings = { confidence: trial.confidence, random: context.random(`load/${metric}`) };
  const { low, high } = estimateRank(pool, null, share, laps, spread, settings);
  const measurement = {
    ...common,
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    caveat: told,
  };
  if (arm === trial.baseline.id) return measurement;
  const ratio = estimateRank(pool, poolOf(samplesOf(trial.baseline.id)), share, laps, spread, settings);
  const method = `ratio of the ${share.toFixed(3)} order statistics of ${n} calls each, paired bootstrap over ${laps.length} interleaved rounds widened by the spread between processes`;
  return { ...measurement, versus: { kind: 'ratio', ...ratio, method } };
};
