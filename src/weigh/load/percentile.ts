import type { Context, Measurement, Trial } from '../../contracts/index.ts';
import { earlyStoppingPercentile, sorted } from '../../statistics/index.ts';
import { caveatOf } from './compare.ts';
import type { Judged } from './compare.ts';
import { estimateRank, poolOf } from './ratios.ts';
import type { Turn } from './rounds.ts';

export interface PercentileMetric {
  readonly metric: string;
  readonly percentile: number;
}

/** The percentile's order statistic, or null when there are too few calls to support it (64 for p90, 662 for p99). */
export const measurePercentile = <T extends Turn>(
  trial: Trial,
  session: Judged<T>,
  arm: string,
  { metric, percentile }: PercentileMetric,
  context: Context,
): Measurement | null => {
  const { group, spread } = session;
  const samplesOf = (id: string): readonly (readonly number[])[] =>
    group.rounds.map(({ turns }) => turns.get(id)!.samples);
  const pool = poolOf(samplesOf(arm));
  const n = pool.ordered.length;
  const value = earlyStoppingPercentile(sorted(pool.ordered), percentile);
  if (value === null) return null;
  // The rank that the rule picked, used again in every replicate.
  const share = pool.ordered.findLastIndex((ms) => ms <= value) / n;
  const laps = group.rounds.map(({ lap }) => lap);
  const settings = { confidence: trial.confidence, random: context.random(`load/${metric}`) };
  const { low, high } = estimateRank(pool, null, share, laps, spread, settings);
  const measurement = {
    metric,
    unit: 'ms' as const,
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    confidence: trial.confidence,
    samples: n,
    caveat: caveatOf(session),
  };
  if (arm === trial.baseline.id) return measurement;
  const ratio = estimateRank(pool, poolOf(samplesOf(trial.baseline.id)), share, laps, spread, settings);
  const method = `ratio of the ${share.toFixed(3)} order statistics of ${n} calls each, paired bootstrap over ${laps.length} interleaved rounds widened by the spread between processes`;
  return { ...measurement, versus: { kind: 'ratio', ...ratio, method } };
};
