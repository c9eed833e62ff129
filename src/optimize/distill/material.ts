import { createHash } from 'node:crypto';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Random } from '../../contracts/index.ts';
import { bucketed } from '../training/batches.ts';

/** One batch as the changed model and as the original read it. */
export interface Pair {
  readonly own: Feeds;
  readonly original: Feeds;
  readonly examples: number;
  readonly tokens: number;
}

/** Batches to learn from, and to judge by. */
export interface Material {
  readonly batches: (random: Random) => readonly (() => Pair)[];
  readonly count: number;
  readonly judged: readonly (() => Pair)[];
  readonly digest: string;
  /** Both read the same inputs: hidden states stand for the same tokens. */
  readonly alike: boolean;
  readonly source: string;
}

/** Rows of the validation data that are judged by. */
const judgedRows = 512;
/** Calibration batches that are held. */
const mostBatches = 256;
/** Every fifth calibration batch is for judging. */
const judgedEvery = 5;

/** Rows of the training data, each as both read it; null without any. Rows of the validation data judge. */
export const fromLearning = (context: Context, batchSize: number): Material | null => {
  const { learning, originalLearning } = context;
  if (learning === null) return null;
  const theirs = originalLearning ?? learning;
  const pairOf =
    (part: 'train' | 'validation', rows: readonly number[]): (() => Pair) =>
    () => ({
      own: learning[part].feeds(rows),
      original: theirs[part].feeds(rows),
      examples: rows.length,
      tokens: rows.reduce((sum, row) => sum + learning[part].length(row), 0),
    });
  const { train, validation } = learning;
  const lengths = Array.from({ length: train.count }, (_, row) => train.length(row));
  const judged: (() => Pair)[] = [];
  const rows = Math.min(validation.count, judgedRows);
  for (let from = 0; from < rows; from += batchSize)
    judged.push(
      pairOf(
        'validation',
        Array.from({ length: Math.min(batchSize, rows - from) }, (_, at) => from + at),
      ),
    );
  return {
    batches: (random) =>
      bucketed(train.count, (row) => lengths[row]!, batchSize, random).map((some) => pairOf('train', some)),
    count: Math.ceil(train.count / batchSize),
    judged,
    digest: learning.digest + theirs.digest,
    alike: theirs === learning,
    source: `${train.count} examples`,
  };
};

/** Calibration inputs, batch by batch as they come; null without any. Errors: `engine/cancelled`, those of the data. */
export const fromCalibration = async (context: Context): Promise<Material | null> => {
  if (context.calibration === null) return null;
  const held: Feeds[] = [];
  const hash = createHash('sha256');
  for await (const feeds of context.calibration()) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while inputs were read');
    held.push(feeds);
    for (const [name, { dims, data }] of Object.entries(feeds)) {
      hash.update(JSON.stringify([name, dims]));
      if (ArrayBuffer.isView(data)) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      else hash.update(JSON.stringify(data));
    }
    if (held.length === mostBatches) break;
  }
  const pairs = held.map((feeds) => () => {
    const examples = Object.values(feeds)[0]?.dims[0] ?? 1;
    return { own: feeds, original: feeds, examples, tokens: examples };
  });
  // With few batches the same ones teach and judge.
  const apart = pairs.length >= judgedEvery;
  const judged = apart ? pairs.filter((_, at) => at % judgedEvery === judgedEvery - 1) : pairs;
  const taught = apart ? pairs.filter((_, at) => at % judgedEvery !== judgedEvery - 1) : pairs;
  return {
    batches: (random) => random.shuffle(taught),
    count: taught.length,
    judged,
    digest: hash.digest('hex'),
    alike: true,
    source: `${taught.length} batches of calibration data`,
  };
};
