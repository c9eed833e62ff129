import { SteelyardError, defineEvaluator } from '../../contracts/index.ts';
import { normalQuantile } from '../../statistics/index.ts';
import type { Comparison, Context, Feeds, Measurement, Subject, SubjectOutcome } from '../../contracts/index.ts';
import { inputBatches } from '../load/inputs.ts';
import { growthSlope, type Slope } from '../load/slope.ts';
import { interleaveStarts, outcomesOfStarts } from '../load/starts.ts';
import { processMemory, resetPeak } from './proc.ts';

/** How often memory is looked at during the runs. */
const looks = 60;
/** The first part fills arenas and caches: it is growth that ends. */
const skipped = 0.25;

/** What one process showed. */
interface Phases {
  readonly readings: Readonly<Record<string, number>>;
  /** Bytes per run. */
  readonly slope: Slope;
}

const measurePhases = async (
  subject: Subject,
  feeds: readonly Feeds[],
  runs: number,
  confidence: number,
  context: Context,
): Promise<Phases> => {
  const session = await subject.open();
  try {
    const { pid, peakRssBytes: loadPeak } = await session.usage();
    if (pid === undefined || processMemory(pid) === null)
      throw new SteelyardError(
        'resources/unreadable',
        `${subject.id}: this system does not say how the memory of a process is divided`,
        'it is read from /proc on Linux; elsewhere leave resources/memory-phases out',
      );
    const reset = resetPeak(pid);
    const [at, bytes]: [number[], number[]] = [[], []];
    const every = Math.max(1, Math.floor(runs / looks));
    for (let run = 0; run < runs; run++) {
      context.signal.throwIfAborted();
      await session.run(feeds[run % feeds.length]!);
      if (run % every !== 0 || run < skipped * runs) continue;
      await session.usage({ collect: true });
      at.push(run);
      bytes.push(processMemory(pid)!.privateBytes);
    }
    const { peakRssBytes: runPeak } = await session.usage({ collect: true });
    const { privateBytes, sharedBytes } = processMemory(pid)!;
    return {
      readings: {
        'memory-load-peak': loadPeak,
        'memory-run-peak': reset ? runPeak : Number.NaN,
        'memory-private': privateBytes,
        'memory-shared': sharedBytes,
      },
      slope: growthSlope(at, bytes, confidence),
    };
  } finally {
    await session.close();
  }
};

/** The mean of independent slopes, with the intervals' half-widths added as independent errors. */
export const meanSlope = (slopes: readonly Slope[]): Slope => {
  const value = slopes.reduce((sum, one) => sum + one.value, 0) / slopes.length;
  const half = Math.sqrt(slopes.reduce((sum, { low, high }) => sum + ((high - low) / 2) ** 2, 0)) / slopes.length;
  return { value, low: value - half, high: value + half };
};

/** Of a slope's distribution, for tests of any margin. */
const probabilities = [0.0005, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9995];

/** How much faster memory grows than the original's, over 1,000 runs. */
export const moreGrowth = (mine: Slope, theirs: Slope, confidence: number): Comparison => {
  const value = 1000 * (mine.value - theirs.value);
  const half = 500 * Math.hypot(mine.high - mine.low, theirs.high - theirs.low);
  const sd = half / normalQuantile((1 + confidence) / 2);
  const values = probabilities.map((p) => value + sd * normalQuantile(p));
  return {
    kind: 'difference',
    value,
    low: value - half,
    high: value + half,
    evidence: { kind: 'bootstrap', probabilities, values },
    method: 'difference of two least-squares slopes, normal approximation',
  };
};

const own = ['memory-load-peak', 'memory-run-peak', 'memory-private', 'memory-shared'] as const;

/** Memory by phase and by owner, and whether it grows. */
export const memoryPhases = defineEvaluator({
  id: 'resources/memory-phases',
  version: 1,
  title: 'Memory by phase',
  source: 'proc(5): smaps_rollup, clear_refs; least squares',
  metrics: [
    {
      id: 'memory-load-peak',
      title: 'Peak memory while loading',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition: 'Highest resident set of a fresh process until the model is loaded; median over processes.',
    },
    {
      id: 'memory-run-peak',
      title: 'Peak memory while answering',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Highest resident set after loading, while it answers; the peak is reset in between (clear_refs). Median over processes.',
    },
    {
      id: 'memory-private',
      title: 'Private memory',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Memory that this process alone holds after the last run (smaps_rollup): what one more process costs.',
    },
    {
      id: 'memory-shared',
      title: 'Shared memory',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Memory after the last run that is shared with other processes (smaps_rollup): libraries, and weights that are mapped and not read in.',
    },
    {
      id: 'memory-leak',
      title: 'Growth over 1,000 runs',
      noun: 'growth of memory over 1,000 runs',
      unit: 'bytes',
      better: 'lower',
      versus: 'difference',
      definition:
        'Slope of private memory over the runs after the first quarter, the process’s own garbage thrown away before every look, times 1,000; least squares, with the wider of the intervals for noise and for steps that add up. The process around the model is in it, so a version is held against the original.',
    },
  ],
  options: {
    processes: {
      kind: 'integer',
      default: 2,
      min: 1,
      max: 100,
      description: 'Measure this many fresh processes per version.',
    },
    runs: {
      kind: 'integer',
      default: 1000,
      min: 20,
      max: 1_000_000,
      description: 'Answer this many batches in each process.',
    },
  },
  needs: { dataset: 'inputs', alone: true },
  when: 'asked',
  async evaluate(trial, { processes, runs }, context) {
    const batches = inputBatches(trial, trial.batchSize, 64, context.random('load/inputs'));
    const slopes = new Map<string, Slope[]>();
    const measured = await interleaveStarts(
      trial,
      {
        label: 'measuring memory by phase',
        starts: processes,
        measure: async (subject) => {
          const { readings, slope } = await measurePhases(subject, batches(subject), runs, trial.confidence, context);
          slopes.set(subject.id, [...(slopes.get(subject.id) ?? []), slope]);
          return readings;
        },
      },
      context,
    );
    const everything = [...measured.readings.values()].flat();
    const readable = own.filter((metric) => everything.every((reading) => Number.isFinite(reading[metric]!)));
    const metrics = readable.map((metric) => ({ metric, unit: 'bytes' as const }));
    const outcomes = outcomesOfStarts(trial, measured, metrics, context);
    return new Map(
      [...outcomes].map(([id, outcome]): [string, SubjectOutcome] => {
        if (outcome.kind === 'failed') return [id, outcome];
        const slope = meanSlope(slopes.get(id)!);
        const { value, low, high } = slope;
        const leak: Measurement = {
          metric: 'memory-leak',
          unit: 'bytes',
          value: 1000 * value,
          low: 1000 * low,
          high: 1000 * high,
          confidence: trial.confidence,
          samples: runs,
          ...(id === trial.baseline.id
            ? {}
            : { versus: moreGrowth(slope, meanSlope(slopes.get(trial.baseline.id)!), trial.confidence) }),
        };
        return [id, { ...outcome, measurements: [...outcome.measurements, leak] }];
      }),
    );
  },
});
