import { defineEvaluator } from '../../contracts/index.ts';
import { collect, judge, measureMedian } from '../load/compare.ts';
import { timedRounds, timingOptions } from '../load/timing.ts';

/** CPU time that one request costs, whatever the number of threads. */
export const cpu = defineEvaluator({
  id: 'resources/cpu',
  version: 1,
  title: 'CPU time',
  source: 'getrusage(2), user and system time of the process during the call, all threads',
  metrics: [
    {
      id: 'cpu-per-request',
      title: 'CPU time per request',
      unit: 'cpu-ms/request',
      better: 'lower',
      versus: 'ratio',
      definition:
        'User and system time of all threads during one call, divided by the batch size; median over interleaved rounds. The measured basis of energy and cost.',
    },
  ],
  options: timingOptions,
  needs: { dataset: 'inputs', alone: true },
  async evaluate(trial, options, context) {
    const groups = await timedRounds(trial, options, trial.batchSize, 'measuring CPU time', context);
    const sessions = judge(
      trial,
      groups,
      ({ cpuMs }) => cpuMs,
      options.target,
      'CPU time',
      context,
      undefined,
      'resources/cpu',
    );
    const metric = {
      metric: 'cpu-per-request',
      unit: 'cpu-ms/request' as const,
      read: ({ cpuMs }: { cpuMs: number }) => cpuMs,
      convert: (ms: number) => ms / trial.batchSize,
    };
    return collect(trial, sessions, (session, arm) => [measureMedian(trial, session, arm, metric, context)]);
  },
});
