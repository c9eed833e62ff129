import { defineEvaluator } from '../../../contracts/index.ts';
import { collect, judge } from '../compare.ts';
import { measurePercentile } from '../percentile.ts';
import { loadTarget, runOptions } from './options.ts';
import { streamRuns } from './stream.ts';
import { loadCaveat } from './tell.ts';

/** Samples of a query. Source: MLPerf LoadGen. */
const samplesPerQuery = 8;

/** Samples in one call: as many as production puts into one, if they divide a query evenly. */
export const rowsPerCall = (batchSize: number): number => [8, 4, 2, 1].find((rows) => rows <= batchSize)!;

const percentiles = [
  { metric: 'multi-stream-p90', percentile: 0.9 },
  { metric: 'multi-stream-p99', percentile: 0.99 },
] as const;
const more = { calls: 'queries', evaluator: 'load/multi-stream', option: 'min-queries' };

/** Queries of eight samples, one after the other. */
export const multiStream = defineEvaluator({
  id: 'load/multi-stream',
  version: 2,
  title: 'Multiple streams',
  source: 'MLPerf LoadGen, MultiStream scenario',
  metrics: [
    {
      id: 'multi-stream-p90',
      title: 'Multiple streams, 90th percentile',
      noun: '90th percentile of multiple streams',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'From sending a query of 8 samples to the last of their answers, in calls of the scenario’s batch size, one query after the other; 90th percentile by the early-stopping rule. Needs 64 queries.',
    },
    {
      id: 'multi-stream-p99',
      title: 'Multiple streams, 99th percentile',
      noun: '99th percentile of multiple streams',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition: 'The same, 99th percentile (MLPerf LoadGen, MultiStream); needs 662 queries, otherwise not reported.',
    },
  ],
  options: runOptions,
  needs: { dataset: 'inputs', alone: true },
  when: 'asked',
  async evaluate(trial, options, context) {
    const rows = rowsPerCall(trial.batchSize);
    const settings = { ...options, label: 'measuring multiple streams', rows, callsPerQuery: samplesPerQuery / rows };
    const groups = await streamRuns(trial, settings, context);
    const sessions = judge(trial, groups, ({ ms }) => ms, loadTarget, 'multiple streams', context);
    return collect(trial, sessions, (session, arm) => {
      const caveat = loadCaveat(session, groups, arm);
      return percentiles.map((one) => measurePercentile(trial, session, arm, one, more, context, caveat));
    });
  },
});
