import { defineEvaluator } from '../../contracts/index.ts';
import { inputBatches } from './inputs.ts';
import { median } from '../../statistics/index.ts';
import { interleaveStarts, outcomesOfStarts, type Readings } from './starts.ts';

/** Calls of the warm-up curve. */
const shown: readonly number[] = [1, 2, 4, 8, 16];
const mostCalls = 16;
const fewestCalls = 4;
/** What the calls after the first may take: slow models have short curves. */
const mostMs = 500;

/** Readings of a process's first calls, against the median of their last quarter. */
const warmUpCurve = (calls: readonly number[]): Readings => {
  const warm = median(calls.slice(-Math.max(2, Math.floor(calls.length / 4))));
  const at = (call: number): number => calls[call - 1]! / warm;
  return {
    'warm-up': at(1),
    ...Object.fromEntries(
      shown.filter((call) => call <= calls.length).map((call) => [`warm-up call=${call}`, at(call)]),
    ),
  };
};

/** How long a new process takes until its first answer. */
export const coldStart = defineEvaluator({
  id: 'load/cold-start',
  version: 2,
  title: 'Cold start',
  source: 'Steelyard: wall time of start, load and first calls, interleaved fresh processes',
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
    {
      id: 'load-time',
      title: 'Time to load',
      unit: 'ms',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Wall time that the runtime takes to read and prepare the model in a process that is running, with the file in the system’s cache; median over fresh processes.',
    },
    {
      id: 'warm-up',
      title: 'First call against warm ones',
      noun: 'ratio of the first call to warm ones',
      unit: 'ratio',
      better: 'lower',
      versus: 'ratio',
      definition:
        'How many times as long the first call of a fresh process takes as the median of its last calls (of 16, or what half a second allows); by slices the calls 1, 2, 4, 8 and 16: the warm-up curve. Median over fresh processes.',
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
            const { durationMs } = await session.run(feeds!);
            const coldStart = context.now() - start;
            const calls = [durationMs];
            while (
              calls.length < mostCalls &&
              (calls.length < fewestCalls || context.now() - start < coldStart + mostMs)
            )
              calls.push((await session.run(feeds!)).durationMs);
            return { 'cold-start': coldStart, 'load-time': session.loadMs, ...warmUpCurve(calls) };
          } finally {
            await session.close();
          }
        },
      },
      context,
    );
    const metrics = [
      { metric: 'cold-start', unit: 'ms' },
      { metric: 'load-time', unit: 'ms' },
      { metric: 'warm-up', unit: 'ratio' },
      ...shown.map((call) => ({ metric: 'warm-up', unit: 'ratio', slice: `call=${call}` }) as const),
    ] as const;
    return outcomesOfStarts(trial, measured, metrics, context);
  },
});
