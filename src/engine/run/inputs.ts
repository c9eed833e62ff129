import {
  SteelyardError,
  isSteelyardError,
  type Context,
  type DataSource,
  type Example,
  type Feeds,
  type Task,
} from '../../contracts/index.ts';
import { readExamples } from '../../data/index.ts';
import { openSession } from '../../runtime/onnxruntime/index.ts';
import type { Found } from './baseline.ts';
import { encodings, type EncodingOf } from './encoding.ts';
import { calibrationFrom, loadLearning } from './learning-data.ts';
import { hasOpenLength, madeUpFeeds, sampleTexts } from './made-up-inputs.ts';
import { taskOf, wantedOf } from './task.ts';

/** What the user gives about inputs. */
export interface GivenInputs {
  /** Real inputs for comparison and calibration: a data file. */
  readonly file?: string | undefined;
  /** The column with the text. */
  readonly text?: string | undefined;
  /** Examples to learn from: a data file with the same columns, and the column with the answers. */
  readonly train?: string | undefined;
  readonly label?: string | undefined;
}

/** What a single model is run on outside of a scenario. */
export interface ModelInputs {
  /** A few inputs, single and batched, to compare versions on; empty when none could be made up. */
  readonly feeds: readonly Feeds[];
  /** Batches of one size, for timing: 1 and 8 rows. Empty where the rows cannot be batched. */
  readonly batches: (size: number, most?: number) => readonly Feeds[];
  /** Rows of the user's own file, batch by batch; null without one: what is made up is no calibration data. */
  readonly calibration: Context['calibration'];
  /** Examples to learn from; null without any. */
  readonly learning: Context['learning'];
  /** Reads the same rows for versions with a tokenizer of their own; null where the inputs are made up of numbers. */
  readonly encode: EncodingOf | null;
  /** "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly source: string;
  readonly notes: readonly string[];
}

/** What `source` says when the inputs are random numbers. */
export const randomInputs = 'random inputs';

/** Rows that are compared on; a file's other rows calibrate. */
const compared = 24;
const mostRows = 256;

const batchesOf =
  (task: Task, examples: readonly Example[]) =>
  (size: number, most = 16): readonly Feeds[] => {
    const found: Feeds[] = [];
    for (let start = 0; start + size <= examples.length && found.length < most; start += size)
      found.push(task.encode(examples.slice(start, start + size)).feeds);
    return found;
  };

/** Open sizes that are tried: audio wants hundreds of values where text is content with two. */
const lengths = [2, 16, 128, 512, 4096] as const;

/** The first of the lengths that the model runs on; the first of all where it runs on none, so that its own complaint is heard. */
const fittingLength = async ({ model, folder }: Found, seed: number): Promise<number> => {
  if (!hasOpenLength(model)) return lengths[0];
  const session = await openSession(folder.modelPath, {}, { reuse: true });
  try {
    for (const length of lengths) {
      const [feeds] = madeUpFeeds(model, seed, null, length);
      if (feeds === undefined) break;
      try {
        await session.run(feeds);
        return length;
      } catch (error) {
        if (!isSteelyardError(error) || error.code !== 'runtime/run') throw error;
      }
    }
    return lengths[0];
  } finally {
    await session.close();
  }
};

const madeUp = async (found: Found, seed: number, notes: readonly string[]): Promise<ModelInputs> => {
  const length = await fittingLength(found, seed);
  const feeds = madeUpFeeds(found.model, seed, null, length);
  const batches = (size: number): readonly Feeds[] => madeUpFeeds(found.model, seed, size, length);
  return { feeds, batches, calibration: null, learning: null, encode: null, source: randomInputs, notes };
};

type Kind = 'text-classification' | 'tensor-classification';

/** Rows of the user's files. */
const fromFiles = async (
  found: Found,
  { file, train, text, label }: GivenInputs,
  kind: Kind,
  base: string,
  seed: number,
  workFolder: string,
): Promise<ModelInputs> => {
  const task = await taskOf({ id: kind }, found);
  // Columns are named after the model's inputs; a lone array has no name.
  const { inputs, initializers } = found.model.graph;
  const names = inputs.map(({ name }) => name).filter((name) => !initializers.has(name));
  const sourceOf = (path: string): DataSource => ({
    path,
    columns: {
      groups: [],
      ...(text === undefined ? {} : { text }),
      ...(label === undefined ? {} : { label }),
      ...(kind === 'text-classification' || /\.npy$/i.test(path)
        ? {}
        : { tensors: Object.fromEntries(names.map((name) => [name, name])) }),
    },
  });
  const given =
    file === undefined
      ? null
      : await readExamples({ ...sourceOf(file), limit: mostRows }, base, { taskKind: kind, labelled: false, seed });
  const learned =
    train === undefined ? null : await loadLearning({ data: { train: sourceOf(train) }, seed }, base, task, []);
  const examples = given?.examples ?? calibrationFrom(learned!, seed).examples;
  const encode = encodings(
    {
      task,
      wanted: wantedOf(kind, found),
      found,
      compared: examples,
      calibration: examples,
      train: learned?.train ?? null,
      validation: learned?.validation ?? null,
      seed,
    },
    workFolder,
  );
  const own = await encode(new Map());
  return {
    feeds: own.inputs,
    batches: batchesOf(task, examples),
    calibration: own.calibration,
    learning: own.learning,
    encode,
    source: `${Math.min(compared, examples.length)} rows of ${file ?? train}`,
    notes: [],
  };
};

/** Rows of a data file, else sample texts for text classifiers, else random numbers.
 *  Errors: `data/…`, `task/…` with a file. */
export const modelInputs = async (
  found: Found,
  given: GivenInputs,
  base: string,
  seed: number,
  workFolder: string,
): Promise<ModelInputs> => {
  const text = found.folder.tokenizerPath !== null;
  if (given.file !== undefined || given.train !== undefined)
    return fromFiles(found, given, text ? 'text-classification' : 'tensor-classification', base, seed, workFolder);
  if (!text) return madeUp(found, seed, []);
  try {
    const task = await taskOf({ id: 'text-classification' }, found);
    const encode = encodings(
      {
        task,
        wanted: wantedOf('text-classification', found),
        found,
        compared: sampleTexts,
        calibration: null,
        train: null,
        validation: null,
        seed,
      },
      workFolder,
    );
    return {
      feeds: (await encode(new Map())).inputs,
      batches: batchesOf(task, sampleTexts),
      calibration: null,
      learning: null,
      encode,
      source: 'built-in sample texts',
      notes: [],
    };
  } catch (error) {
    if (!isSteelyardError(error) || !error.code.startsWith('task/')) throw error;
    return madeUp(found, seed, [`no texts were used, as the model is no text classifier: ${error.message}`]);
  }
};

/** The same, where running on nothing makes no sense. Errors: those of `modelInputs`; `engine/inputs` when nothing fits. */
export const neededInputs = async (...parameters: Parameters<typeof modelInputs>): Promise<ModelInputs> => {
  const inputs = await modelInputs(...parameters);
  if (inputs.feeds.length > 0) return inputs;
  throw new SteelyardError(
    'engine/inputs',
    'no inputs can be made up for the types of this model’s inputs',
    'give real ones with --inputs',
  );
};
