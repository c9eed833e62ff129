import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Model, Random, Session, Tensor, Value } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { batchesOf, padded, type TrainingExample } from './batches.ts';
import { loadCheckpoint, saveCheckpoint, type Checkpoint, type EpochResult } from './checkpoint.ts';
import { bertDropout, dropoutOffsets, withDropout, type Dropped } from './dropout.ts';
import { encoderModel, initialWeights, type Architecture } from './encoder.ts';
import { accuracyOf } from './evaluate.ts';
import { trainingStep, type Step } from './step.ts';

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
  readonly padToken: number;
  readonly unknownToken: number;
  /** Stop when validation has not improved for this many epochs. */
  readonly patience: number;
  readonly threads: number;
  /** Checkpoints after every epoch; a run with the same settings and data goes on from there. */
  readonly checkpointFolder: string | null;
  readonly onEpoch?: (result: EpochResult) => void;
}

export interface TrainResult {
  readonly weights: ReadonlyMap<string, Tensor>;
  /** For inference: without dropout and loss. */
  readonly model: Model;
  readonly bestEpoch: number;
  readonly validationAccuracy: number;
  readonly history: readonly EpochResult[];
}

const scalar = (value: number): Value => ({ dtype: 'float32', dims: [], data: Float32Array.of(value) });

/** Everything that changes the result, so that a checkpoint of another run is never taken. */
const keyOf = (settings: TrainSettings, seed: number): string => {
  const { train, validation, onEpoch: _onEpoch, checkpointFolder: _folder, ...rest } = settings;
  return createHash('sha256').update(JSON.stringify({ seed, rest, train, validation })).digest('hex');
};

const dataFault = (message: string): SteelyardError => new SteelyardError('training/data', message);

const validate = ({ train, validation, architecture, batchSize, epochs }: TrainSettings): void => {
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
  if (!Number.isInteger(epochs) || epochs < 1)
    throw new SteelyardError('training/settings', `${epochs} epochs, expected at least 1`);
};

interface Run {
  readonly settings: TrainSettings;
  readonly context: Context;
  readonly step: Step;
  readonly dropped: Dropped;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly session: Session;
}

const feedsOf = (
  { settings, dropped }: Run,
  batch: readonly TrainingExample[],
  step: number,
  random: Random,
): Feeds => ({
  ...padded(batch, settings.padToken, (id, position, length) =>
    position > 0 && position < length - 1 && random.next() < settings.tokenDropout ? settings.unknownToken : id,
  ),
  ...dropoutOffsets(dropped, random),
  labels: { dtype: 'int64', dims: [batch.length], data: BigInt64Array.from(batch, ({ label }) => BigInt(label)) },
  learning_rate: scalar(settings.learningRate),
  step: scalar(step),
});

const stateFeeds = ({ shapes }: Run, state: ReadonlyMap<string, Float32Array>): Feeds =>
  Object.fromEntries(
    [...shapes].map(([name, dims]) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      return [name, { dtype: 'float32', dims, data: state.get(name) ?? new Float32Array(count) }];
    }),
  );

const notFinite = (what: string, where: string): SteelyardError =>
  new SteelyardError(
    'training/not-finite',
    `${what} became infinite or not a number ${where}`,
    'lower the learning rate; the last good checkpoint is kept',
  );

interface Epoch {
  readonly loss: number;
  readonly accuracy: number;
  readonly tokens: number;
  readonly steps: number;
  readonly state: ReadonlyMap<string, Float32Array>;
}

/** One pass over the training data. All randomness of an epoch comes from its own stream. */
const runEpoch = async (run: Run, at: Checkpoint, resume: boolean): Promise<Epoch> => {
  const { settings, context, step, session, shapes } = run;
  const random = context.random(`epoch ${at.epoch}`);
  const batches = batchesOf(settings.train, settings.batchSize, random);
  let { steps } = at;
  let [loss, right, tokens] = [0, 0, 0];
  for (const [index, batch] of batches.entries()) {
    if (context.signal.aborted)
      throw new SteelyardError('engine/cancelled', `training stopped in epoch ${at.epoch + 1}`);
    steps++;
    const feeds = feedsOf(run, batch, steps, random);
    const state = resume && index === 0 ? stateFeeds(run, at.state) : {};
    const { outputs } = await session.run({ ...feeds, ...state }, { fetch: [step.loss, step.right], keep: step.keep });
    const now = (outputs[step.loss]!.data as Float32Array)[0]!;
    if (!Number.isFinite(now)) throw notFinite('the loss', `in epoch ${at.epoch + 1}, step ${steps}`);
    loss += now * batch.length;
    right += Number((outputs[step.right]!.data as BigInt64Array)[0]);
    tokens += batch.reduce((sum, { ids }) => sum + ids.length, 0);
    context.progress({
      label: `training, epoch ${at.epoch + 1} of ${settings.epochs}`,
      done: index + 1,
      total: batches.length,
      detail: `loss ${now.toFixed(3)}`,
    });
  }
  const read = Object.entries(await session.read([...shapes.keys()]));
  const state = new Map(read.map(([name, value]) => [name, value.data as Float32Array]));
  for (const [name, values] of state)
    if (!values.every(Number.isFinite)) throw notFinite(name, `in epoch ${at.epoch + 1}`);
  const count = settings.train.length;
  return { loss: loss / count, accuracy: right / count, tokens, steps, state };
};

const asTensors = (
  state: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> =>
  new Map([...weights].map(([name, { dims }]) => [name, tensor('float32', dims, state.get(name)!)]));

/** Accuracy of the weights as they are, without dropout. */
const validated = async ({ settings, context }: Run, weights: ReadonlyMap<string, Tensor>): Promise<number> => {
  const session = await context.open(encoderModel(settings.architecture, weights), {
    intraOpThreads: settings.threads,
  });
  try {
    return await accuracyOf(session, settings.validation, settings.padToken);
  } finally {
    await session.close();
  }
};

/** Where training stands after one more epoch. */
const advance = (at: Checkpoint, done: Epoch, result: EpochResult, names: ReadonlySet<string>): Checkpoint => {
  const better = result.validationAccuracy > at.bestAccuracy;
  return {
    epoch: at.epoch + 1,
    steps: done.steps,
    bestEpoch: better ? at.epoch + 1 : at.bestEpoch,
    bestAccuracy: better ? result.validationAccuracy : at.bestAccuracy,
    history: [...at.history, result],
    state: done.state,
    best: better ? new Map([...done.state].filter(([name]) => names.has(name))) : at.best,
  };
};

const prepare = async (
  settings: TrainSettings,
  weights: ReadonlyMap<string, Tensor>,
  context: Context,
): Promise<Run> => {
  const { architecture, batchSize } = settings;
  const longest = Math.max(...settings.train.map(({ ids }) => ids.length));
  const pool = 2 * batchSize * longest * architecture.width;
  const plain = encoderModel(architecture, weights);
  const dropped = withDropout(plain, settings.dropout, pool, context.random('dropout'), bertDropout(plain));
  const totalSteps = settings.epochs * Math.ceil(settings.train.length / batchSize);
  const step = trainingStep(dropped.model, weights, architecture.labels, {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: settings.weightDecay,
    clip: settings.clip,
    labelSmoothing: settings.labelSmoothing,
    schedule: { shape: settings.schedule, warmUpSteps: Math.round(totalSteps * settings.warmUp), totalSteps },
  });
  const shapes = new Map([...[...weights].map(([name, { dims }]) => [name, dims] as const), ...step.moments]);
  const session = await context.open(step.model, { intraOpThreads: settings.threads });
  return { settings, context, step, dropped, shapes, session };
};

/** Train an encoder classifier from scratch. Weights and optimizer state stay in the session's process between steps.
 *  The same seed, settings, data and thread count give the same weights; a killed run goes on after its last whole epoch to the
 *  same result. The best epoch by validation accuracy is returned.
 *  Errors: `training/data`, `training/settings`, `training/architecture`, `training/not-finite` (the last checkpoint is kept),
 *  `training/checkpoint` (damaged), `engine/cancelled`. */
export const train = async (settings: TrainSettings, context: Context): Promise<TrainResult> => {
  validate(settings);
  const key = keyOf(settings, context.seed);
  const fresh = initialWeights(settings.architecture, context.random('weights'));
  const names = new Set(fresh.keys());
  const folder = settings.checkpointFolder;
  const start: Checkpoint = {
    epoch: 0,
    steps: 0,
    bestEpoch: 0,
    bestAccuracy: -1,
    history: [],
    state: new Map([...fresh].map(([name, one]) => [name, toFloat32('float32', readTensorSync(one))])),
    best: new Map(),
  };
  let at: Checkpoint = (folder === null ? null : await loadCheckpoint(folder, key)) ?? start;
  const run = await prepare(settings, fresh, context);
  try {
    let resume = true;
    while (at.epoch < settings.epochs && at.epoch - at.bestEpoch <= settings.patience) {
      const started = context.now();
      const done = await runEpoch(run, at, resume);
      resume = false;
      const trainSeconds = (context.now() - started) / 1000;
      const result: EpochResult = {
        epoch: at.epoch + 1,
        loss: done.loss,
        trainAccuracy: done.accuracy,
        validationAccuracy: await validated(run, asTensors(done.state, fresh)),
        seconds: (context.now() - started) / 1000,
        tokensPerSecond: done.tokens / trainSeconds,
      };
      at = advance(at, done, result, names);
      if (folder !== null) await saveCheckpoint(folder, key, at);
      settings.onEpoch?.(result);
    }
  } finally {
    await run.session.close();
  }
  const weights = asTensors(at.best, fresh);
  return {
    weights,
    model: encoderModel(settings.architecture, weights),
    bestEpoch: at.bestEpoch,
    validationAccuracy: at.bestAccuracy,
    history: at.history,
  };
};
