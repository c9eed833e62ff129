import { Tokenizer } from '@huggingface/tokenizers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Learning, LearningRows, Model } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { answersOf, bestOf } from '../answers.ts';
import { tokenFeeds } from './token-feeds.ts';

const read = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

export interface Clinc150 {
  readonly model: Model;
  readonly learning: Learning;
  /** The 4,500 test questions that have an intent. */
  readonly test: LearningRows;
  /** Share of the test questions that a model answers rightly. */
  right(model: Model, context: Context): Promise<number>;
}

/** The real intent classifier with its data: training rows, 3,000 validation rows, the test questions; null, with a printed reason, where it is not there. */
export const clinc150 = async (): Promise<Clinc150 | null> => {
  const folder = sharedOrSkip('learning on clinc150', 'models', 'clinc150-bert');
  const data = sharedOrSkip('learning on clinc150', 'data', 'clinc150', 'data_full.json');
  if (folder === null || data === null) return null;
  const tokenizer = new Tokenizer(await read(join(folder, 'tokenizer.json')), {});
  const splits = (await read(data)) as Record<string, [string, string][]>;
  const { label2id } = (await read(join(folder, 'config.json'))) as { label2id: Record<string, number> };
  const rowsOf = (examples: readonly (readonly [string, string])[]): LearningRows => {
    const rows = examples.map(([text]) => tokenizer.encode(text).ids.slice(0, 64));
    return {
      count: rows.length,
      label: (row) => label2id[examples[row]![1]]!,
      length: (row) => rows[row]!.length,
      tokens: (row) => rows[row]!,
      feeds: (chosen) => tokenFeeds(chosen.map((row) => rows[row]!)),
    };
  };
  const test = rowsOf(splits['test']!);
  const all = Array.from({ length: test.count }, (_, row) => row);
  return {
    model: await decodeFile(join(folder, 'onnx', 'model.onnx')),
    test,
    learning: {
      train: rowsOf([...splits['train']!, ...splits['oos_train']!]),
      validation: rowsOf(splits['val']!),
      labels: Object.keys(label2id),
      output: 'logits',
      text: null,
      digest: 'clinc150',
    },
    right: async (model, context) => {
      const session = await context.open(model);
      try {
        const best = bestOf((await answersOf(session, ['logits'], test, all, context, 'testing')).get('logits')!);
        return all.filter((row) => best[row] === test.label(row)).length / test.count;
      } finally {
        await session.close();
      }
    },
  };
};
