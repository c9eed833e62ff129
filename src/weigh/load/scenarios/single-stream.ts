import { defineEvaluator } from '../../../contracts/index.ts';
import { collect, judge } from '../compare.ts';
import { measurePercentile } from '../percentile.ts';
import { loadTarget, runOptions } from './options.ts';
import { streamRuns } from './stream.ts';
import { loadCaveat } from './tell.ts';

const percentiles = [
  { metric: 'single-stream-p90', percentile: 0.9 },
  { metric: 'single-stream-p99', percentile: 0.99 },
] as const;
const more = { calls: 'requests', evaluator: 'load/single-stream', option: 'min-queries' };

/** One request after the other, seen by a client in another process. */
export const singleStream = defineEvaluator({
  id: 'load/single-stream',
  version: 2,
  title: 'Single stream',
  source: 'MLPerf LoadGen, SingleStream scenario',
  metrics: [
    {
      id: 'single-stream-p90',
      title: 'Single stream, 90th percentile',
      noun: '90th percentile of a single stream',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'From sending a request to its answer, one after the other, seen from another process; 90th percentile by the early-stopping rule (MLPerf LoadGen, SingleStream). Needs 64 requests.',
    },
    {
      id: 'single-stream-p99',
      title: 'Single stream, 99th percentile',
      noun: '99th percentile of a single stream',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition: 'The same, 99th percentile; needs 662 requests, otherwise not reported.',
    },
  ],
  options: runOptions,
  needs: { dataset: 'inputs', alone: true },
  when: 'asked',
  async evaluate(trial, options, context) {
    const settings = { ...options, label: 'measuring a single stream', rows: 1, callsPerQuery: 1 };
    const groups = await streamRuns(trial, settings, context);
    const sessions = judge(trial, groups, ({ ms }) => ms, loadTarget, 'single stream', context);
    return collect(trial, sessions, (session, arm) => {
      const caveat = loadCaveat(session, groups, arm);
      return percentiles.map((one) => measurePercentile(trial, session, arm, one, more, context, caveat));
    });
  },
});
