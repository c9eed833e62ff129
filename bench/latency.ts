// How to time versions of a model against each other in a bench: interleaved, paired, with an A/A arm.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultSessionOptions, parseOptions } from '../src/contracts/index.ts';
import type {
  Comparison,
  Context,
  Example,
  Feeds,
  Measurement,
  SessionOptions,
  Subject,
  Task,
  Trial,
} from '../src/contracts/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { shared } from '../src/testing/shared.ts';
import { speedOnly } from '../src/weigh/load/speed-only.ts';
import { latency } from '../src/weigh/load/latency.ts';

export interface Variant {
  readonly path: string;
  readonly session?: Partial<SessionOptions>;
}

export interface Timing {
  readonly ms: number;
  readonly low: number;
  readonly high: number;
  /** Against the first one; null for itself. */
  readonly ratio: Pick<Comparison, 'value' | 'low' | 'high'> | null;
  readonly rounds: number;
  readonly caveat: string | null;
}

/** The world for a bench: real clock, fixed seed, no output. */
export const benchContext = (seed = 1): Context => ({
  signal: new AbortController().signal,
  seed,
  now: () => performance.now(),
  random: (label) => seeded(seed, label),
  log: () => undefined,
  progress: () => undefined,
  bytes: () => Promise.reject(new Error('a bench of speed reads no weights')),
  keep: (tensor) => Promise.resolve(tensor),
  aside: () => {
    throw new Error('nothing is set aside here');
  },
  open: (model, options) =>
    typeof model === 'string' ? openSession(model, options) : Promise.reject(new Error('give a path')),
  openTraining: () => Promise.reject(new Error('nothing learns here')),
  calibration: null,
  learning: null,
  originalLearning: null,
  original: null,
  companion: () => Promise.resolve(null),
  checkpoints: () => null,
});

/** A version of a model for a bench. */
export const benchSubject = async (id: string, { path, session = {} }: Variant): Promise<Subject> => {
  const sessionOptions = { ...defaultSessionOptions, ...session };
  const files = [{ path, sizeBytes: (await stat(path)).size }];
  return { id, digest: path, sessionOptions, files, open: () => openSession(path, sessionOptions) };
};

/** A trial that feeds ready batches: example i is batch i. */
export const benchTrial = (baseline: Subject, candidates: readonly Subject[], batches: readonly Feeds[]): Trial => {
  const task: Task = {
    id: 'tensor-classification',
    labels: [],
    fingerprint: 'bench',
    encode: ([example]) => ({ feeds: batches[Number(example!.id)]!, truncated: 0, tokens: 0 }),
    decode: () => new Float32Array(0),
  };
  const examples = batches.map((_, i): Example => ({ id: String(i), label: null, groups: {} }));
  return { ...speedOnly, task, baseline, candidates, examples, batchSize: 1 };
};

/** Time variants against the first of them on the same batches; all in one session of interleaved rounds.
 *  `options` are those of `load/latency`. Errors: a variant that fails, by its own error. */
export const timeVariants = async (
  variants: Readonly<Record<string, Variant>>,
  batches: readonly Feeds[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<Record<string, Timing>>> => {
  const [baseline, ...candidates] = await Promise.all(
    Object.entries(variants).map(([id, variant]) => benchSubject(id, variant)),
  );
  const outcomes = await latency.evaluate(
    benchTrial(baseline!, candidates, batches),
    parseOptions(latency.id, latency.options, options),
    benchContext(),
  );
  const timing = ({ value, low, high, samples, versus, caveat }: Measurement): Timing => ({
    ms: value,
    low,
    high,
    ratio: versus === undefined ? null : { value: versus.value, low: versus.low, high: versus.high },
    rounds: samples,
    caveat: caveat ?? null,
  });
  return Object.fromEntries(
    [...outcomes].map(([id, outcome]) => {
      if (outcome.kind === 'failed') throw new Error(`${id}: ${outcome.code}: ${outcome.message}`);
      return [id, timing(outcome.measurements.find(({ metric }) => metric === 'latency-p50')!)];
    }),
  );
};

/** One line a variant: ms with interval, how many times faster than the first. */
export const describeTimings = (timings: Readonly<Record<string, Timing>>): string =>
  Object.entries(timings)
    .map(([id, { ms, low, high, ratio, rounds, caveat }]) => {
      const own = `${id.padEnd(24)} ${ms.toFixed(3)} ms [${low.toFixed(3)}, ${high.toFixed(3)}]`;
      const faster =
        ratio === null
          ? ''
          : `  ${(1 / ratio.value).toFixed(2)}× as fast [${(1 / ratio.high).toFixed(2)}, ${(1 / ratio.low).toFixed(2)}]`;
      return `${own}${faster}  (${rounds} rounds)${caveat === null ? '' : `  ${caveat}`}`;
    })
    .join('\n');

/** What ONNX Runtime's own graph optimization is worth on a real model, as an example of use. */
export const run = async (): Promise<void> => {
  const path = shared('models', 'clinc150-bert', 'onnx', 'model.onnx');
  if (path === null) {
    console.log('skipped: ../shared/models/clinc150-bert is not there');
    return;
  }
  const ids = (value: (i: number) => number) => ({
    dtype: 'int64' as const,
    dims: [1, 32],
    data: BigInt64Array.from({ length: 32 }, (_, i) => BigInt(value(i))),
  });
  const names = { input_ids: (i: number) => 1000 + 37 * i, attention_mask: () => 1, token_type_ids: () => 0 };
  const probe = await openSession(path);
  const inputs = probe.inputs.map(({ name }) => name);
  await probe.close();
  const batch = Object.fromEntries(inputs.map((name) => [name, ids(names[name as keyof typeof names])]));
  console.log(
    'latency of clinc150-bert, 32 tokens, by graph optimization (predicted: basic and all at least as fast as none)',
  );
  const timings = await timeVariants(
    {
      none: { path, session: { graphOptimization: 'disabled' } },
      basic: { path, session: { graphOptimization: 'basic' } },
      all: { path },
    },
    [batch],
  );
  console.log(describeTimings(timings));
};

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) await run();
