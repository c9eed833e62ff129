import { defineEvaluator } from '../../contracts/index.ts';
import type { Context, Measurement, Trial } from '../../contracts/index.ts';
import { earlyStoppingPercentile, sorted } from '../../statistics/index.ts';
import { caveatOf, collect, judge, measureMedian } from './compare.ts';
import type { Judged } from './compare.ts';
import { estimateRank, poolOf } from './ratios.ts';
import { timedRounds, timingOptions } from './timing.ts';

const percentiles = [
  { metric: 'latency-p90', percentile: 0.9 },
  { metric: 'latency-p99', percentile: 0.99 },
] as const;

/** The percentile's order statistic, or null when there are too few calls to support it (64 for p90, 662 for p99). */
const measurePercentile = (
  trial: Trial,
  session: Judged,
  arm: string,
  { metric, percentile }: (typeof percentiles)[number],
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

/** How long one call takes, interleaved with the baseline. */
export const latency = defineEvaluator({
  id: 'load/latency',
  version: 1,
  title: 'Latency',
  source: 'Abedi & Brecht, ICPE 2017 (interleaved trials); MLPerf LoadGen early stopping (percentiles)',
  metrics: [
    {
      id: 'latency-p50',
      title: 'Median latency',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Wall time of one inference call on real inputs at the scenario’s batch size, warm, in its own process; median over interleaved rounds.',
    },
    {
      id: 'latency-p90',
      title: '90th percentile of latency',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Time that 9 of 10 calls do not exceed, by MLPerf’s early-stopping rule with 99 % confidence; needs 64 calls, otherwise not reported.',
    },
    {
      id: 'latency-p99',
      title: '99th percentile of latency',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Time that 99 of 100 calls do not exceed, by MLPerf’s early-stopping rule with 99 % confidence; needs 662 calls, otherwise not reported.',
    },
  ],
  options: timingOptions,
  needs: { dataset: 'inputs', alone: true },
  async evaluate(trial, options, context) {
    const groups = await timedRounds(trial, options, trial.batchSize, 'measuring latency', context);
    const sessions = judge(trial, groups, ({ ms }) => ms, options.target, 'latency', context);
    return collect(trial, sessions, (session, arm) => {
      const p50 = measureMedian(
        trial,
        session,
        arm,
        { metric: 'latency-p50', unit: 'ms', read: ({ ms }) => ms, convert: null },
        context,
      );
      const others = percentiles.map((one) => measurePercentile(trial, session, arm, one, context));
      return [p50, ...others.filter((one) => one !== null)];
    });
  },
});
