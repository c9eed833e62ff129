import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Learning, LearningRows, Model, Random, Tensor } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { batchCount } from './batches.ts';
import { dropoutOffsets, poolFor, residualDropout, withDropout, type Dropped } from './dropout.ts';
import { accuracyOfRows } from './evaluate.ts';
import { learn, type EpochResult, type LearnResult } from './learn.ts';
import { lessonsOf, type Lesson } from './lessons.ts';
import { classifierObjective } from './objective.ts';
import { takeEarly } from '../places/take-early.ts';
import { liftConstants, trainableWeights, type Freezing } from './weights.ts';

export interface FineTuneSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** The peak. */
  readonly learningRate: number;
  readonly warmUp: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly weightDecay: number;
  readonly clip: number;
  readonly accumulate: number;
  readonly averaging: number | null;
  readonly labelSmoothing: number;
  /** Where the model has the form of a transformer; elsewhere nothing is dropped. */
  readonly dropout: number;
  /** Share of a text's tokens that are hidden in training, never special ones. */
  readonly tokenDropout: number;
  readonly freeze: Freezing;
  readonly patience: number;
  readonly threads: number;
  readonly seconds: number | null;
  readonly checkpointFolder: string | null;
  /** What tells this model from others: its digest. */
  readonly key: string;
  readonly onEpoch?: (result: EpochResult) => void;
}

/** What suits most encoders that were trained before. */
export const fineTuneDefaults = {
  epochs: 3,
  batchSize: 16,
  learningRate: 5e-5,
  warmUp: 0.1,
  schedule: 'linear',
  weightDecay: 0.01,
  clip: 1,
  accumulate: 1,
  averaging: null,
  labelSmoothing: 0,
  dropout: 0.1,
  tokenDropout: 0,
  freeze: { names: [], embeddings: false, blocks: 0 },
  patience: 2,
  threads: 1,
  seconds: null,
  checkpointFolder: null,
} as const satisfies Partial<FineTuneSettings>;

export interface FineTuned extends Omit<LearnResult, 'weights'> {
  /** The same graph with new weights; those that lay in Constant nodes are initializers now. */
  readonly model: Model;
  /** Names of the weights that were trained. */
  readonly trained: readonly string[];
}

/** The rows that have a label. */
export const labelled = (rows: LearningRows): LearningRows => {
  const picked = Array.from({ length: rows.count }, (_, row) => row).filter((row) => rows.label(row) !== null);
  if (picked.length === rows.count) return rows;
  const at = (row: number): number => picked[row]!;
  return {
    count: picked.length,
    label: (row) => rows.label(at(row)),
    length: (row) => rows.length(at(row)),
    tokens: (row) => rows.tokens(at(row)),
    feeds: (some) => rows.feeds(some.map(at)),
  };
};

const list = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;

/** Refuse data that cannot teach every class. Errors: `training/data`. */
export const checkRows = (
  train: LearningRows,
  validation: LearningRows,
  labels: readonly string[],
  batchSize: number,
): void => {
  if (train.count < batchSize)
    throw new SteelyardError(
      'training/data',
      `${train.count} labelled training examples are fewer than a batch of ${batchSize}`,
      'give more examples, or use a smaller batch',
    );
  if (validation.count === 0)
    throw new SteelyardError('training/data', 'there are no labelled validation examples', 'give some');
  const seen = new Set<number | null>();
  for (let row = 0; row < train.count; row++) seen.add(train.label(row));
  const missing = labels.filter((_, index) => !seen.has(index));
  if (missing.length > 0)
    throw new SteelyardError(
      'training/data',
      `${missing.length} of ${labels.length} classes have no training example: ${list(missing)}`,
      'give at least one example of each class',
    );
};

/** Token rows of a batch with some tokens hidden. */
const hidden = (
  rows: LearningRows,
  picked: readonly number[],
  { text }: Learning,
  share: number,
  random: Random,
): Feeds => {
  const mask = text?.maskToken ?? text?.unknownToken ?? null;
  if (text === null || mask === null || share === 0) return {};
  const changed = picked.map((row) =>
    (rows.tokens(row) ?? []).map((token) => (!text.special.has(token) && random.next() < share ? mask : token)),
  );
  return text.feeds(changed);
};

const noDropout = (model: Model): Dropped => ({ model, places: 0, poolSize: 0 });

/** Train a classifier further on labelled rows: cross-entropy, AdamW, dropout where the model's form allows it. The weights that it starts
 *  from are judged too, so the answer is never worse on validation than the model was.
 *  Errors: `training/data` (too few rows, a class without examples), `training/settings`, `training/unsupported` (an operator without a
 *  gradient, named), and those of `learn`. */
export const fineTune = async (
  model: Model,
  learning: Learning,
  settings: FineTuneSettings,
  context: Context,
): Promise<FineTuned> => {
  const { batchSize, threads, tokenDropout } = settings;
  const [train, validation] = [labelled(learning.train), labelled(learning.validation)];
  checkRows(train, validation, learning.labels, batchSize);
  const plain = liftConstants(model);
  const read = async (one: Tensor): Promise<Float32Array> => toFloat32(one.dtype, await context.bytes(one));
  const trainable = await trainableWeights(plain, settings.freeze, read);
  const forward = takeEarly(plain);
  const where = residualDropout(forward);
  let longest = 1;
  for (let row = 0; row < train.count; row++) longest = Math.max(longest, train.length(row));
  const pool = settings.dropout === 0 ? null : poolFor(forward, where, batchSize, longest);
  const dropped =
    pool === null || pool === 0
      ? noDropout(forward)
      : withDropout(forward, settings.dropout, pool, context.random('dropout'), where);
  const changed = (weights: ReadonlyMap<string, Tensor>): Model => ({
    ...plain,
    graph: { ...plain.graph, initializers: new Map([...plain.graph.initializers, ...weights]) },
  });
  const { freeze, epochs: _epochs, onEpoch, checkpointFolder, ...numbers } = settings;
  const key = createHash('sha256')
    .update(JSON.stringify(['fine-tune', 2, numbers, freeze, learning.digest]))
    .digest('hex');
  const result = await learn(
    {
      objective: classifierObjective(dropped.model, learning.output, learning.labels.length, settings.labelSmoothing),
      trainable,
      epochs: settings.epochs,
      stepsPerEpoch: batchCount(train.count, batchSize),
      lessons: (_, random): AsyncIterable<Lesson> =>
        lessonsOf(train, batchSize, random, (picked) => ({
          ...hidden(train, picked, learning, tokenDropout, random),
          ...dropoutOffsets(dropped, random),
        })),
      judge: async (weights) => {
        const session = await context.open(changed(weights), { intraOpThreads: threads });
        try {
          return await accuracyOfRows(session, learning.output, validation);
        } finally {
          await session.close();
        }
      },
      judgeStart: true,
      learningRate: settings.learningRate,
      warmUp: settings.warmUp,
      schedule: settings.schedule,
      weightDecay: settings.weightDecay,
      clip: settings.clip,
      accumulate: settings.accumulate,
      averaging: settings.averaging,
      patience: settings.patience,
      threads,
      seconds: settings.seconds,
      checkpointFolder,
      key,
      ...(onEpoch === undefined ? {} : { onEpoch }),
    },
    context,
  );
  const { weights, ...rest } = result;
  const kept = new Map<string, Tensor>();
  for (const [name, one] of weights) kept.set(name, await context.keep(one));
  return { ...rest, model: changed(kept), trained: [...trainable.keys()] };
};
