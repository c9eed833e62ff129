import { defineEvaluator } from '../../contracts/index.ts';
import { inputBatches } from '../load/inputs.ts';
import { interleaveStarts, outcomesOfStarts } from '../load/starts.ts';

/** Memory of a process that serves the model. */
export const memory = defineEvaluator({
  id: 'resources/memory',
  version: 1,
  title: 'Memory',
  source: 'proc(5), VmHWM and VmRSS of /proc/PID/status',
  metrics: [
    {
      id: 'memory-peak',
      title: 'Peak memory',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Highest resident set of a fresh process that loads the model and answers the same inputs, the runtime included; median over processes.',
    },
    {
      id: 'memory-steady',
      title: 'Steady memory',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition: 'Resident set of that process after the last input; median over processes.',
    },
  ],
  options: {
    processes: {
      kind: 'integer',
      default: 3,
      min: 1,
      max: 100,
      description: 'Measure this many fresh processes per version.',
    },
    calls: {
      kind: 'integer',
      default: 20,
      min: 1,
      max: 10_000,
      description: 'Answer this many batches of different inputs in each process.',
    },
  },
  needs: { dataset: 'inputs', alone: true },
  async evaluate(trial, { processes, calls }, context) {
    const batches = inputBatches(trial, trial.batchSize, Math.min(calls, 64), context.random('load/inputs'));
    const measured = await interleaveStarts(
      trial,
      {
        label: 'measuring memory',
        starts: processes,
        measure: async (subject) => {
          const own = batches(subject);
          const session = await subject.open();
          try {
            for (let call = 0; call < calls; call++) {
              context.signal.throwIfAborted();
              await session.run(own[call % own.length]!);
            }
            const { peakRssBytes, rssBytes } = await session.usage();
            return { 'memory-peak': peakRssBytes, 'memory-steady': rssBytes };
          } finally {
            await session.close();
          }
        },
      },
      context,
    );
    return outcomesOfStarts(
      trial,
      measured,
      [
        { metric: 'memory-peak', unit: 'bytes' },
        { metric: 'memory-steady', unit: 'bytes' },
      ],
      context,
    );
  },
});
