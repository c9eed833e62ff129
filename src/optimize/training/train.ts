import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Model, Random, Tensor } from '../../contracts/index.ts';
import { batchCount, bucketed, padded, type TrainingExample } from './batches.ts';
import { bertDropout, dropoutOffsets, withDropout, type Dropped } from './dropout.ts';
import { encoderModel, initialWeights, type Architecture } from './encoder.ts';
import { accuracyOf } from './evaluate.ts';
import { learn, type EpochResult, type LearnResult, type LearnSettings } from './learn.ts';
import { labelsInput, type Lesson } from './lessons.ts';
import { classifierObjective } from './objective.ts';
import { takeEarly } from '../places/take-early.ts';

export interface TrainSettings {
  readonly architecture: Architecture;
  readonly train: readonly TrainingExample[];
  readonly validation: readonly TrainingExample[];
  readonly epochs: number;
  readonly batchSize: number;
  /** The peak. */
  readonly learningRate: number;
  /** Share of all steps in which the rate rises; after that it falls to zero. */
  readonly warmUp: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly dropout: number;
  /** Share of tokens replaced by `unknownToken` in training, never the first and the last. */
  readonly tokenDropout: number;
  readonly labelSmoothing: number;
  readonly weightDecay: number;
  readonly clip: number;
  readonly accumulate?: number;
  /** Decay of averaged weights. */
  readonly averaging?: number | null;
  readonly padToken: number;
  readonly unknownToken: number;
  /** Stop when validation has not improved for more than this many epochs. */
  readonly patience: number;
  readonly threads: number;
  readonly seconds?: number | null;
  /** Checkpoints after every epoch and every minute; a run with the same settings and data goes on from there. */
  readonly checkpointFolder: string | null;
  readonly checkpointSeconds?: number;
  readonly onEpoch?: (result: EpochResult) => void;
}

export interface TrainResult {
  readonly weights: ReadonlyMap<string, Tensor>;
  /** For inference: without dropout and loss. */
  readonly model: Model;
  readonly bestEpoch: number;
  readonly validationAccuracy: number;
  readonly history: readonly EpochResult[];
  readonly stopped: LearnResult['stopped'];
}

/** What of the settings and data `learn` does not see. */
const keyOf = ({
  architecture,
  train,
  validation,
  batchSize,
  dropout,
  tokenDropout,
  ...rest
}: TrainSettings): string => {
  const { labelSmoothing, padToken, unknownToken } = rest;
  const numbers = { batchSize, dropout, tokenDropout, labelSmoothing, padToken, unknownToken };
  const data = JSON.stringify({ architecture, numbers, train, validation });
  return createHash('sha256').update('train 2').update(data).digest('hex');
};

const dataFault = (message: string): SteelyardError => new SteelyardError('training/data', message);

const validate = ({ train, validation, architecture, batchSize }: TrainSettings): void => {
  if (train.length < batchSize)
    throw dataFault(`${train.length} training examples are fewer than a batch of ${batchSize}`);
  if (validation.length === 0) throw dataFault('there are no validation examples');
  for (const { ids, label } of [...train, ...validation]) {
    if (!Number.isInteger(label) || label < 0 || label >= architecture.labels)
      throw dataFault(`a label index is ${label}, expected 0 to ${architecture.labels - 1}`);
    if (ids.length === 0 || ids.length > architecture.positions)
      throw dataFault(`an example has ${ids.length} tokens, expected 1 to ${architecture.positions}`);
    if (ids.some((id) => !Number.isInteger(id) || id < 0 || id >= architecture.vocabulary))
      throw dataFault(`a token is not from 0 to ${architecture.vocabulary - 1}`);
  }
  const present = new Set(train.map(({ label }) => label)).size;
  if (present < architecture.labels)
    throw dataFault(`only ${present} of ${architecture.labels} classes occur in the training data`);
};

/** The lessons of one epoch: batches of like length, some tokens hidden, masks of dropout drawn. */
function* lessonsOf(settings: TrainSettings, dropped: Dropped, random: Random): Generator<Lesson> {
  const { train, batchSize, padToken, tokenDropout, unknownToken } = settings;
  for (const picked of bucketed(train.length, (row) => train[row]!.ids.length, batchSize, random)) {
    const batch = picked.map((row) => train[row]!);
    const feeds = padded(batch, padToken, (id, position, length) =>
      position > 0 && position < length - 1 && random.next() < tokenDropout ? unknownToken : id,
    );
    const labels = BigInt64Array.from(batch, ({ label }) => BigInt(label));
    yield {
      feeds: {
        ...feeds,
        ...dropoutOffsets(dropped, random),
        [labelsInput]: { dtype: 'int64', dims: [batch.length], data: labels },
      },
      examples: batch.length,
      tokens: batch.reduce((sum, { ids }) => sum + ids.length, 0),
    };
  }
}

/** Train an encoder classifier from scratch. The same seed, settings, data and thread count give the same weights; a killed run goes
 *  on from its last checkpoint to the same result. The best epoch by validation accuracy is returned.
 *  Errors: `training/data`, `training/architecture`, and those of `learn`. */
export const train = async (settings: TrainSettings, context: Context): Promise<TrainResult> => {
  validate(settings);
  const { architecture, batchSize, threads } = settings;
  const fresh = initialWeights(architecture, context.random('weights'));
  const plain = takeEarly(encoderModel(architecture, fresh));
  const longest = Math.max(...settings.train.map(({ ids }) => ids.length));
  const pool = 2 * batchSize * longest * architecture.width;
  const dropped = withDropout(plain, settings.dropout, pool, context.random('dropout'), bertDropout(plain));
  const logits = plain.graph.outputs[0]!.name;
  const judge: LearnSettings['judge'] = async (weights) => {
    const session = await context.open(encoderModel(architecture, weights), { intraOpThreads: threads });
    try {
      return await accuracyOf(session, settings.validation, settings.padToken);
    } finally {
      await session.close();
    }
  };
  const result = await learn(
    {
      objective: classifierObjective(dropped.model, logits, architecture.labels, settings.labelSmoothing),
      trainable: fresh,
      epochs: settings.epochs,
      stepsPerEpoch: batchCount(settings.train.length, batchSize),
      lessons: (_, random) => lessonsOf(settings, dropped, random),
      judge,
      learningRate: settings.learningRate,
      warmUp: settings.warmUp,
      schedule: settings.schedule,
      weightDecay: settings.weightDecay,
      clip: settings.clip,
      accumulate: settings.accumulate ?? 1,
      averaging: settings.averaging ?? null,
      patience: settings.patience,
      threads,
      seconds: settings.seconds ?? null,
      checkpointFolder: settings.checkpointFolder,
      key: keyOf(settings),
      ...(settings.onEpoch === undefined ? {} : { onEpoch: settings.onEpoch }),
      ...(settings.checkpointSeconds === undefined ? {} : { checkpointSeconds: settings.checkpointSeconds }),
    },
    context,
  );
  const { weights, bestEpoch, score, history, stopped } = result;
  return {
    weights,
    model: encoderModel(architecture, weights),
    bestEpoch,
    validationAccuracy: score,
    history,
    stopped,
  };
};
