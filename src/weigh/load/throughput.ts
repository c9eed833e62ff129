import { defineEvaluator } from '../../contracts/index.ts';
import type { Context, Options, Trial } from '../../contracts/index.ts';
import { collect, judge, measureMedian } from './compare.ts';
import type { Judged, MedianMetric } from './compare.ts';
import { timedRounds, timingOptions } from './timing.ts';
import type { Turn } from './rounds.ts';

/** Options of `load/throughput`. */
export const throughputOptions = {
  ...timingOptions,
  batchSize: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 4096,
    description: 'Requests per call of every version; 0 takes the batch size of the scenario, or a version’s own.',
  },
} as const;

/** Mean over the requests of a turn: throughput is about all of the time, not about the typical call. */
const requestMs =
  (batchSize: number) =>
  ({ turnMs, samples, rows = batchSize }: Turn): number =>
    turnMs / samples.length / rows;

/** The sessions behind a trial's throughput and what to read from them; measured once per trial and options, so that
 *  the cost is computed from the same rounds. */
export const throughputSessions = async (
  trial: Trial,
  options: Options<typeof throughputOptions>,
  context: Context,
): Promise<{ sessions: readonly Judged[]; metric: MedianMetric; batchSize: number }> => {
  const { batchSize: asked, ...timing } = options;
  const batchSize = asked === 0 ? trial.batchSize : asked;
  // A size that is asked for is everybody's.
  const groups = await timedRounds(trial, timing, batchSize, 'measuring throughput', context, asked === 0);
  const read = requestMs(batchSize);
  const sessions = judge(trial, groups, read, options.target, 'throughput', context, undefined, 'load/throughput');
  const metric: MedianMetric = {
    metric: 'throughput',
    unit: 'requests/s',
    read,
    convert: (ms) => 1000 / ms,
  };
  return { sessions, metric, batchSize };
};

/** Requests per second of one process that is never idle. */
export const throughput = defineEvaluator({
  id: 'load/throughput',
  version: 2,
  title: 'Throughput',
  source: 'Abedi & Brecht, ICPE 2017 (interleaved trials); MLPerf LoadGen, Offline scenario (samples per second)',
  metrics: [
    {
      id: 'throughput',
      title: 'Throughput',
      unit: 'requests/s',
      better: 'higher',
      versus: 'ratio',
      definition:
        'Requests per second of one process with the variant’s threads, called again as soon as it answers, in calls of the scenario’s batch size or of the version’s own (then every version answers the same window of requests in its turn, by length where its session says so); median over interleaved rounds.',
    },
  ],
  options: throughputOptions,
  needs: { dataset: 'inputs', alone: true },
  async evaluate(trial, options, context) {
    const { sessions, metric } = await throughputSessions(trial, options, context);
    return collect(trial, sessions, (session, arm) => [measureMedian(trial, session, arm, metric, context)]);
  },
});
