import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Model, Random, Tensor } from '../../contracts/index.ts';
import type { EpochResult } from './checkpoint.ts';
import type { Lesson } from './lessons.ts';

export interface LearnSettings {
  /** Computes what is to be minimized: its first output is the loss, a float32 scalar; further scalar outputs are averaged and reported. */
  readonly objective: Model;
  /** Initializers of it to train, by name, with the values to start from; the others stay (freezing = not listing). */
  readonly trainable: ReadonlyMap<string, Tensor>;
  /** Values of the objective that no gradient passes, by name. */
  readonly constant?: ReadonlySet<string>;
  /** Weights that learn faster or slower than the others: factor of the learning rate. */
  readonly rateFactors?: ReadonlyMap<string, number>;
  readonly epochs: number;
  /** Lessons in an epoch (`accumulate` of them make one step of the optimizer). */
  readonly stepsPerEpoch: number;
  /** Lessons of an epoch; all randomness comes from `random`, so the same epoch gives the same lessons. */
  readonly lessons: (epoch: number, random: Random) => Iterable<Lesson> | AsyncIterable<Lesson>;
  /** Validation: higher is better. It gets every trainable weight by name. */
  readonly judge: (weights: ReadonlyMap<string, Tensor>) => Promise<number>;
  /** Judge the weights that training starts from too: they are kept when no epoch is better. */
  readonly judgeStart?: boolean;
  /** The peak. */
  readonly learningRate: number;
  /** Share of all steps in which the rate rises. */
  readonly warmUp: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly weightDecay: number;
  /** Largest norm of the gradient; Infinity: no clipping. */
  readonly clip: number;
  /** Lessons whose gradients make one step. */
  readonly accumulate: number;
  /** Decay of averaged weights, which are then judged and answered; null: none. */
  readonly averaging: number | null;
  /** Stop when validation has not improved for more than this many epochs. */
  readonly patience: number;
  readonly threads: number;
  /** Stop after these; null: no limit. Where the planned steps do not fit, they are cut to those that do, and the rate falls in time. */
  readonly seconds: number | null;
  readonly checkpointFolder: string | null;
  /** Everything else that changes the result: data, the objective, how lessons are made. */
  readonly key: string;
  readonly onEpoch?: (result: EpochResult) => void;
  /** Seconds between checkpoints within an epoch. */
  readonly checkpointSeconds?: number;
}

export interface LearnResult {
  /** Of the best epoch by validation. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** 0: the weights that training started from. */
  readonly bestEpoch: number;
  readonly score: number;
  readonly history: readonly EpochResult[];
  readonly stopped: 'epochs' | 'patience' | 'seconds';
}

const settingsFault = (message: string, hint?: string): SteelyardError =>
  new SteelyardError('training/settings', message, hint);

/** Errors: `training/settings`, `training/budget`. */
export const validate = (settings: LearnSettings): void => {
  const { epochs, stepsPerEpoch, accumulate, learningRate, warmUp, weightDecay, clip, averaging, seconds } = settings;
  for (const [name, value] of Object.entries({ epochs, stepsPerEpoch, accumulate }))
    if (!Number.isInteger(value) || value < 1) throw settingsFault(`${value} ${name}, expected at least 1`);
  if (!(learningRate > 0) || !Number.isFinite(learningRate))
    throw settingsFault(`a learning rate of ${learningRate}, expected a number above 0`);
  if (!(warmUp >= 0 && warmUp <= 1)) throw settingsFault(`a warm-up of ${warmUp}, expected a share from 0 to 1`);
  if (!(weightDecay >= 0) || !Number.isFinite(weightDecay))
    throw settingsFault(`a weight decay of ${weightDecay}, expected at least 0`);
  if (!(clip > 0)) throw settingsFault(`clipping at ${clip}, expected a number above 0`);
  if (averaging !== null && !(averaging > 0 && averaging < 1))
    throw settingsFault(`averaging of ${averaging}, expected a number between 0 and 1`);
  if (seconds !== null && !(seconds > 0))
    throw new SteelyardError('training/budget', `${seconds} seconds have no room for a step`, 'allow more time');
  if (settings.trainable.size === 0) throw settingsFault('there is no weight to train');
};

/** Raised whenever the same settings may give other weights, so that an old checkpoint is not taken. */
const engineVersion = 4;

/** Everything that changes the result, so that a checkpoint of another run is never taken. */
export const keyOf = (settings: LearnSettings, start: ReadonlyMap<string, Float32Array>, seed: number): string => {
  const { epochs, stepsPerEpoch, learningRate, warmUp, schedule, weightDecay, clip, accumulate, averaging } = settings;
  const { patience, threads, seconds, key, judgeStart = false, rateFactors = new Map() } = settings;
  const numbers = [epochs, stepsPerEpoch, learningRate, warmUp, schedule, weightDecay, clip, accumulate, averaging];
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([
      engineVersion,
      seed,
      numbers.map(String),
      patience,
      threads,
      seconds,
      judgeStart,
      [...rateFactors],
    ]),
  );
  hash.update(key);
  for (const [name, values] of start) {
    hash.update(JSON.stringify([name, settings.trainable.get(name)!.dims]));
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
};

/** Steps of the optimizer in all epochs. */
export const totalSteps = ({ epochs, stepsPerEpoch, accumulate }: LearnSettings): number =>
  epochs * Math.ceil(stepsPerEpoch / accumulate);
