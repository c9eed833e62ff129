import { defineEvaluator } from '../../contracts/index.ts';
import { inputBatches } from './inputs.ts';
import { interleaveStarts, outcomesOfStarts } from './starts.ts';

/** How long a new process takes until its first answer. */
export const coldStart = defineEvaluator({
  id: 'load/cold-start',
  version: 1,
  title: 'Cold start',
  source: 'Steelyard: wall time of start, load and first call, interleaved fresh processes',
  metrics: [
    {
      id: 'cold-start',
      title: 'Cold start',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Wall time from starting a process to its first answer: runtime, model and first call, with the model file in the system’s cache; median over fresh processes.',
    },
  ],
  options: {
    starts: {
      kind: 'integer',
      default: 5,
      min: 3,
      max: 1000,
      description: 'Start each version this many times, in random order.',
    },
  },
  needs: { dataset: 'inputs', alone: true },
  async evaluate(trial, { starts }, context) {
    const batches = inputBatches(trial, trial.batchSize, 1, context.random('load/inputs'));
    const measured = await interleaveStarts(
      trial,
      {
        label: 'measuring cold start',
        starts,
        measure: async (subject) => {
          const [feeds] = batches(subject);
          const start = context.now();
          const session = await subject.open();
          try {
            await session.run(feeds!);
            return { 'cold-start': context.now() - start };
          } finally {
            await session.close();
          }
        },
      },
      context,
    );
    return outcomesOfStarts(trial, measured, [{ metric: 'cold-start', unit: 'ms' }], context);
  },
});
