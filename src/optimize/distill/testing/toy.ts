import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, Learning, LearningRows, LearningText, Model, Random, Tensor } from '../../../contracts/index.ts';
import { createContext } from '../../../engine/run/context.ts';
import { readTensorSync, tensor, toFloat32 } from '../../../model/tensor/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { tokenFeeds } from '../../testing/token-feeds.ts';
import { encoderModel, initialWeights, type Architecture } from '../../training/encoder.ts';

export const toyShape: Architecture = {
  layers: 2,
  width: 16,
  heads: 2,
  ffn: 32,
  vocabulary: 40,
  positions: 16,
  labels: 3,
};

/** Weights whose layers do something: matrices twelve times as large as at the start of training. */
export const strongWeights = (shape: Architecture, seed = 1): Map<string, Tensor> =>
  new Map(
    [...initialWeights(shape, seeded(seed, 'toy weights'))].map(([name, one]) => [
      name,
      one.dims.length < 2
        ? one
        : tensor(
            'float32',
            one.dims,
            toFloat32('float32', readTensorSync(one)).map((value) => value * 12),
          ),
    ]),
  );

/** A classifier of random weights: what it answers depends on the tokens. */
export const toyTeacher = (shape: Architecture = toyShape, seed = 1): Model =>
  encoderModel(shape, strongWeights(shape, seed));

/** Tokens 0 to 3 are padding, unknown, class and separator, 4 is the mask; odd tokens go on a word. */
export const toyText: LearningText = {
  padToken: 0,
  unknownToken: 1,
  maskToken: 4,
  special: new Set([0, 1, 2, 3, 4]),
  maxLength: 12,
  vocabularySize: 40,
  startsWord: (token) => token % 2 === 0,
  feeds: tokenFeeds,
};

/** [class] three to eight tokens [separator]. */
export const toyTokens = (random: Random): number[] => [
  2,
  ...Array.from({ length: 3 + random.integer(6) }, () => 6 + random.integer(34)),
  3,
];

export const toyRows = (count: number, label: string, labels: (row: number) => number | null): LearningRows => {
  const random = seeded(1, `toy ${label}`);
  const rows = Array.from({ length: count }, () => toyTokens(random));
  return {
    count,
    label: labels,
    length: (row) => rows[row]!.length,
    tokens: (row) => rows[row]!,
    feeds: (picked) => tokenFeeds(picked.map((row) => rows[row]!)),
  };
};

/** Unlabelled rows, unless said otherwise. */
export const toyLearning = (changes: Partial<Learning> = {}): Learning => ({
  train: toyRows(192, 'train', () => null),
  validation: toyRows(64, 'validation', () => null),
  labels: ['a', 'b', 'c'],
  output: 'logits',
  text: toyText,
  digest: 'toy',
  ...changes,
});

/** A context with a folder of its own, and how to remove it. */
export const toyContext = (
  changes: Partial<Context> = {},
  signal?: AbortSignal,
): { readonly context: Context; readonly remove: () => void } => {
  const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-distill-'));
  const context = createContext({ seed: 5, workFolder, ...(signal === undefined ? {} : { signal }) });
  return { context: { ...context, ...changes }, remove: () => rmSync(workFolder, { recursive: true, force: true }) };
};
