import { SteelyardError, isSteelyardError, type Example, type Feeds, type Task } from '../contracts/index.ts';
import { readExamples } from '../data/index.ts';
import type { Found } from './baseline.ts';
import { calibrationFeeds, sampleFeeds } from './data.ts';
import { madeUpFeeds, sampleTexts } from './made-up-inputs.ts';
import { taskOf } from './task.ts';

/** What a single model is run on outside of a scenario. */
export interface ModelInputs {
  /** A few inputs, single and batched, to compare versions on; empty when none could be made up. */
  readonly feeds: readonly Feeds[];
  /** Batches of one size, for timing: 1 and 8 rows. Empty where the rows cannot be batched. */
  readonly batches: (size: number) => readonly Feeds[];
  /** Rows of the user's own file, batch by batch; null without one: what is made up is no calibration data. */
  readonly calibration: (() => AsyncIterable<Feeds>) | null;
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
  (size: number): readonly Feeds[] => {
    const found: Feeds[] = [];
    for (let start = 0; start + size <= examples.length && found.length < 16; start += size)
      found.push(task.encode(examples.slice(start, start + size)).feeds);
    return found;
  };

const madeUp = (found: Found, seed: number, notes: readonly string[]): ModelInputs => {
  const feeds = madeUpFeeds(found.model, seed);
  const batches = (size: number): readonly Feeds[] => madeUpFeeds(found.model, seed, size);
  return { feeds, batches, calibration: null, source: randomInputs, notes };
};

/** Rows of a data file, else sample texts for text classifiers, else random numbers.
 *  Errors: `data/…`, `task/…` with a file. */
export const modelInputs = async (
  found: Found,
  given: { readonly file?: string | undefined; readonly text?: string | undefined },
  base: string,
  seed: number,
): Promise<ModelInputs> => {
  const text = found.folder.tokenizerPath !== null;
  if (given.file !== undefined) {
    const kind = text ? 'text-classification' : 'tensor-classification';
    const task = await taskOf({ id: kind }, found);
    // Columns are named after the model's inputs; a lone array has no name.
    const { inputs, initializers } = found.model.graph;
    const names = inputs.map(({ name }) => name).filter((name) => !initializers.has(name));
    const columns = {
      groups: [],
      ...(given.text === undefined ? {} : { text: given.text }),
      ...(text || /\.npy$/i.test(given.file) ? {} : { tensors: Object.fromEntries(names.map((name) => [name, name])) }),
    };
    const { examples } = await readExamples({ path: given.file, columns, limit: mostRows }, base, {
      taskKind: kind,
      labelled: false,
      seed,
    });
    return {
      feeds: sampleFeeds(task, examples, seed),
      batches: batchesOf(task, examples),
      calibration: () => calibrationFeeds(task, examples),
      source: `${Math.min(compared, examples.length)} rows of ${given.file}`,
      notes: [],
    };
  }
  if (!text) return madeUp(found, seed, []);
  try {
    const task = await taskOf({ id: 'text-classification' }, found);
    return {
      feeds: sampleFeeds(task, sampleTexts, seed),
      batches: batchesOf(task, sampleTexts),
      calibration: null,
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
