import { SteelyardError, isSteelyardError, type Feeds } from '../../contracts/index.ts';
import { readExamples } from '../../data/index.ts';
import type { Found } from '../baseline.ts';
import { sampleFeeds } from '../data.ts';
import { madeUpFeeds, sampleTexts } from '../made-up-inputs.ts';
import { taskOf } from '../task.ts';
import { madeUp } from './make.ts';

export interface ReceiptInputs {
  readonly feeds: readonly Feeds[];
  /** "24 rows of data.jsonl", "built-in sample texts", "random inputs". */
  readonly ranOn: string;
  readonly notes: readonly string[];
}

const random = (found: Found, seed: number, notes: readonly string[]): ReceiptInputs => {
  const feeds = madeUpFeeds(found.model, seed);
  if (feeds.length === 0)
    throw new SteelyardError(
      'engine/inputs',
      'no inputs can be made up for the types of this model’s inputs',
      'give real ones with --inputs',
    );
  return { feeds, ranOn: madeUp, notes };
};

/** What a model is run on for its receipt: rows of a data file, else sample texts for models with a tokenizer, else random numbers.
 *  Errors: `data/…`, `task/…` with a file; `engine/inputs` when nothing fits. */
export const receiptInputs = async (
  found: Found,
  given: { readonly file?: string | undefined; readonly text?: string | undefined },
  base: string,
  seed: number,
): Promise<ReceiptInputs> => {
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
    const { examples } = await readExamples({ path: given.file, columns, limit: 256 }, base, {
      taskKind: kind,
      labelled: false,
      seed,
    });
    return {
      feeds: sampleFeeds(task, examples, seed),
      ranOn: `${Math.min(24, examples.length)} rows of ${given.file}`,
      notes: [],
    };
  }
  if (!text) return random(found, seed, []);
  try {
    const task = await taskOf({ id: 'text-classification' }, found);
    return { feeds: sampleFeeds(task, sampleTexts, seed), ranOn: 'built-in sample texts', notes: [] };
  } catch (error) {
    if (!isSteelyardError(error) || !error.code.startsWith('task/')) throw error;
    return random(found, seed, [`no texts were used, as the model is no text classifier: ${error.message}`]);
  }
};
