import { defineEvaluator } from '../../contracts/index.ts';
import { collect, judge, measureMedian } from './compare.ts';
import { measurePercentile } from './percentile.ts';
import { timedRounds, timingOptions } from './timing.ts';

const percentiles = [
  { metric: 'latency-p90', percentile: 0.9 },
  { metric: 'latency-p99', percentile: 0.99 },
] as const;
const more = { calls: 'calls', evaluator: 'load/latency', option: 'min-calls' };

/** How long one call takes, interleaved with the baseline. */
export const latency = defineEvaluator({
  id: 'load/latency',
  version: 2,
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
    const sessions = judge(
      trial,
      groups,
      ({ ms }) => ms,
      options.target,
      'latency',
      context,
      undefined,
      'load/latency',
    );
    return collect(trial, sessions, (session, arm) => {
      const p50 = measureMedian(
        trial,
        session,
        arm,
        { metric: 'latency-p50', unit: 'ms', read: ({ ms }) => ms, convert: null },
        context,
      );
      return [p50, ...percentiles.map((one) => measurePercentile(trial, session, arm, one, more, context))];
    });
  },
});
