import type { Context, Example, Predictions, Subject, Trial } from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { speedOnly } from '../../load/speed-only.ts';

export const classes = ['a', 'b', 'c', 'd'] as const;
const rows = 120;

/** Logits of 120 rows and four classes from waves; the fixtures were computed from the same. */
export const waves = (shift: number): Float32Array =>
  Float32Array.from({ length: rows * 4 }, (_, at) => {
    const [i, k] = [Math.floor(at / 4), at % 4];
    return 3 * Math.sin(1.7 * i + 2.3 * k + shift) + (k === i % 4 ? 1.5 : 0);
  });
export const waveTruth = Int32Array.from({ length: rows }, (_, i) => (i + (i % 7 === 0 ? 1 : 0)) % 4);

/** Answers as they follow from scores. */
export const answers = (scores: Float32Array, labels: readonly string[] = classes): Predictions => {
  const count = labels.length;
  const predicted = Int32Array.from({ length: scores.length / count }, (_, row) => {
    const some = scores.subarray(row * count, (row + 1) * count);
    return some.indexOf(Math.max(...some));
  });
  return { labels, predicted, scores, truncated: 0 };
};

const subject = (id: string): Subject => ({
  id,
  digest: id,
  sessionOptions: {} as Subject['sessionOptions'],
  files: [],
  open: () => Promise.reject(new Error('answers are given')),
});

/** A trial whose answers are given: no model, no process. The first version is the baseline. */
export const trialOf = (
  versions: Readonly<Record<string, Predictions | Error>>,
  truth: ArrayLike<number>,
  labels: readonly string[] = classes,
): Trial => {
  const [baseline, ...candidates] = Object.keys(versions).map(subject);
  const examples: Example[] = Array.from(truth as ArrayLike<number>, (label, at) => ({
    id: `row-${at}`,
    label: label < 0 ? null : labels[label]!,
    groups: {},
  }));
  return {
    ...speedOnly,
    task: { id: 'tensor-classification', labels, fingerprint: 'made up' } as unknown as Trial['task'],
    baseline: baseline!,
    candidates,
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: async ({ id }) => {
      const one = versions[id]!;
      if (one instanceof Error) throw one;
      return one;
    },
  };
};

export const context = (more: Partial<Context> = {}): Context =>
  ({
    signal: new AbortController().signal,
    seed: 1,
    random: (label: string) => seeded(1, label),
    log: () => undefined,
    progress: () => undefined,
    ...more,
  }) as Context;
