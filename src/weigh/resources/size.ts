import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SteelyardError, defineEvaluator } from '../../contracts/index.ts';
import type { Measurement, Subject, SubjectOutcome, Trial } from '../../contracts/index.ts';

/** Bytes of a file after gzip (level 6), streamed: memory does not grow with the file.
 *  Errors: `model/data` when the file cannot be read; the reason of a cancellation. */
export const gzipBytes = async (path: string, signal: AbortSignal): Promise<number> => {
  let total = 0;
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 20 }),
      createGzip({ level: 6, chunkSize: 1 << 18 }),
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) total += chunk.byteLength;
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new SteelyardError('model/data', `cannot read ${path}: ${(error as Error).message}`, undefined, {
      cause: error,
    });
  }
  return total;
};

const exact = (metric: string, value: number, baseline: number | null, confidence: number): Measurement => {
  const measurement: Measurement = { metric, unit: 'bytes', value, low: value, high: value, confidence, samples: 1 };
  if (baseline === null || baseline === 0) return measurement;
  const ratio = value / baseline;
  return {
    ...measurement,
    versus: { kind: 'ratio', value: ratio, low: ratio, high: ratio, evidence: { kind: 'exact' }, method: 'exact' },
  };
};

interface Sizes {
  readonly plain: number;
  readonly gzip: number;
  /** Bytes of the weights by data type. */
  readonly byType: Readonly<Record<string, number>>;
}

const sizesOf = async (subject: Subject, signal: AbortSignal): Promise<Sizes> => {
  let gzip = 0;
  for (const { path } of subject.files) gzip += await gzipBytes(path, signal);
  const plain = subject.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { plain, gzip, byType: (await subject.weights?.()) ?? {} };
};

const measurementsOf = (trial: Trial, sizes: Sizes, baseline: Sizes | null): SubjectOutcome => ({
  kind: 'measured',
  measurements: [
    exact('size', sizes.plain, baseline?.plain ?? null, trial.confidence),
    exact('size-gzip', sizes.gzip, baseline?.gzip ?? null, trial.confidence),
    ...Object.entries(sizes.byType).map(([type, bytes]) => ({
      ...exact('size-by-type', bytes, null, trial.confidence),
      slice: `type=${type}`,
    })),
  ],
});

/** What a version weighs on disk and on the wire. */
export const size = defineEvaluator({
  id: 'resources/size',
  version: 2,
  title: 'Size',
  source: 'RFC 1952 (gzip), level 6',
  metrics: [
    {
      id: 'size',
      title: 'Size on disk',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition: 'Bytes of the model file and its external data files; tokenizer and configuration are not counted.',
    },
    {
      id: 'size-gzip',
      title: 'Size compressed',
      unit: 'bytes',
      better: 'lower',
      versus: 'ratio',
      definition: 'Bytes of the same files, each compressed with gzip at level 6: what a download costs.',
    },
    {
      id: 'size-by-type',
      title: 'Weights by data type',
      noun: 'size of the weights',
      unit: 'bytes',
      better: 'neither',
      versus: 'none',
      definition: 'Bytes of the weights of each data type, one slice a type; what is not weights is in none of them.',
    },
  ],
  options: {},
  needs: { dataset: 'none', alone: false },
  async evaluate(trial, _options, context) {
    const outcomes = new Map<string, SubjectOutcome>();
    const baseline = await sizesOf(trial.baseline, context.signal);
    outcomes.set(trial.baseline.id, measurementsOf(trial, baseline, null));
    for (const [index, subject] of trial.candidates.entries()) {
      context.progress({ label: 'measuring size', done: index + 1, total: trial.candidates.length + 1 });
      try {
        outcomes.set(subject.id, measurementsOf(trial, await sizesOf(subject, context.signal), baseline));
      } catch (error) {
        if (!(error instanceof SteelyardError)) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    return outcomes;
  },
});
