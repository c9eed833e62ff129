import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Learning, LearningRows, LearningText, Model } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText, tensorValue } from '../../model/graph/index.ts';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { normal } from '../testing/quantized.ts';
import { padded } from './batches.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { fineTune, fineTuneDefaults, labelled, type FineTuneSettings } from './fine-tune.ts';
import { toyExamples } from './testing/toy.ts';

const world = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-tune-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, context: createContext({ seed: 3, workFolder: folder }) };
};

const classes = ['a', 'b', 'c'];
/** The class is the largest of three inputs. */
const vectors = (count: number, label: string): LearningRows => {
  const random = seeded(4, label);
  const rows = Array.from({ length: count }, () => [random.normal(), random.normal(), random.normal()]);
  return {
    count,
    label: (row) => rows[row]!.indexOf(Math.max(...rows[row]!)),
    length: () => 1,
    tokens: () => null,
    feeds: (picked) => ({
      x: { dtype: 'float32', dims: [picked.length, 3], data: Float32Array.from(picked.flatMap((row) => rows[row]!)) },
    }),
  };
};
const learning: Learning = {
  train: vectors(240, 'train'),
  validation: vectors(90, 'validation'),
  labels: classes,
  output: 'y',
  text: null,
  digest: 'vectors',
};
/** Two layers, the first weight hidden in a Constant node. */
const perceptron = ((): Model => {
  const text = `x: float32[N, 3]; u = float32[16]{...}; w = float32[16, 3]{...}
    h = MatMul(x, v); i = Add(h, u); r = Relu(i); y = MatMul(r, w); -> y: float32[N, 3]`;
  const tensors = { v: normal([3, 16], 'v', 0.5), u: normal([16], 'u', 0.1), w: normal([16, 3], 'w', 0.2) };
  const plain = parseText(text.replace('u = ', 'v = float32[3, 16]{...}; u = '), { tensors });
  const { graph } = plain;
  const attributes = { value: tensorValue(tensors.v) };
  return {
    ...plain,
    graph: {
      ...graph,
      initializers: new Map([...graph.initializers].filter(([name]) => name !== 'v')),
      nodes: [{ name: '', op: 'Constant', domain: '', inputs: [], outputs: ['v'], attributes }, ...graph.nodes],
    },
  };
})();
const settings: FineTuneSettings = { ...fineTuneDefaults, learningRate: 0.03, epochs: 4, key: 'perceptron' };
const bytes = (model: Model, name: string): Uint8Array => readTensorSync(model.graph.initializers.get(name)!);

test('a classifier of vectors learns, weights in Constant nodes included', async () => {
  const { context } = await world();
  const result = await fineTune(perceptron, learning, settings, context);
  expect(result.score).toBeGreaterThan(0.9);
  expect(result.trained).toEqual(['u', 'w', 'v']);
  expect(result.history[0]!.reported['accuracy']).toBeLessThan(result.history.at(-1)!.reported['accuracy']!);
  expect(perceptron.graph.initializers.has('v')).toBe(false);
  const again = await fineTune(perceptron, learning, settings, context);
  for (const name of result.trained) expect(bytes(again.model, name)).toEqual(bytes(result.model, name));
});

test('what is frozen stays; the model as it was is kept when no epoch is better', async () => {
  const { context } = await world();
  const some = { ...settings, freeze: { names: ['v', 'u'], embeddings: false, blocks: 0 }, epochs: 1 };
  const { model, trained } = await fineTune(perceptron, learning, some, context);
  expect(trained).toEqual(['w']);
  expect(bytes(model, 'u')).toEqual(bytes(perceptron, 'u'));
  expect(bytes(model, 'w')).not.toEqual(bytes(perceptron, 'w'));
  const still = await fineTune(perceptron, learning, { ...settings, learningRate: 1e-12, epochs: 1 }, context);
  expect(still.bestEpoch).toBe(0);
  expect(bytes(still.model, 'w')).toEqual(bytes(perceptron, 'w'));
});

/** The toy of the encoder: find token 5 or 6. Every tenth example has no label. */
const texts = (count: number, name: string): LearningRows => {
  const examples = toyExamples(count, name);
  return {
    count,
    label: (row) => (row % 10 === 9 ? null : examples[row]!.label),
    length: (row) => examples[row]!.ids.length,
    tokens: (row) => examples[row]!.ids,
    feeds: (picked) =>
      padded(
        picked.map((row) => examples[row]!),
        0,
      ),
  };
};

test('an encoder of texts with dropout, hidden tokens, averaged weights and frozen embeddings', async () => {
  const { context } = await world();
  const architecture = { layers: 1, width: 16, heads: 2, ffn: 32, vocabulary: 16, positions: 12, labels: 2 };
  const encoder = encoderModel(architecture, initialWeights(architecture, seeded(1, 'w')));
  const fed: number[] = [];
  const text: LearningText = {
    padToken: 0,
    unknownToken: 1,
    maskToken: 4,
    special: new Set([0, 1, 2, 3, 4]),
    maxLength: 12,
    vocabularySize: 16,
    startsWord: () => true,
    feeds: (rows) => {
      fed.push(...rows.flat());
      return padded(
        rows.map((ids) => ({ ids })),
        0,
      );
    },
  };
  const tokens: Learning = {
    train: texts(160, 'train'),
    validation: texts(40, 'validation'),
    labels: ['five', 'six'],
    output: 'logits',
    text,
    digest: 'toy',
  };
  const tuned = await fineTune(
    encoder,
    tokens,
    {
      ...settings,
      epochs: 2,
      learningRate: 3e-3,
      averaging: 0.9,
      tokenDropout: 0.2,
      freeze: { names: [], embeddings: true, blocks: 0 },
    },
    context,
  );
  expect(tuned.history[1]!.loss).toBeLessThan(tuned.history[0]!.loss + 0.1);
  const hidden = fed.filter((token) => token === 4).length / fed.filter((token) => token > 3).length;
  expect(hidden).toBeGreaterThan(0.15);
  expect(hidden).toBeLessThan(0.25);
  // Rows without a label are never learned from: two epochs of the others.
  expect(fed.filter((token) => token === 2)).toHaveLength(2 * 144);
  expect(bytes(tuned.model, 'bert.embeddings.word_embeddings.weight')).toEqual(
    bytes(encoder, 'bert.embeddings.word_embeddings.weight'),
  );
});

test('rows without labels are left out', () => {
  const rows = labelled(texts(20, 'x'));
  expect(rows.count).toBe(18);
  expect(rows.label(9)).not.toBeNull();
  expect(rows.tokens(9)).toEqual(texts(20, 'x').tokens(10));
  expect(labelled(learning.train)).toBe(learning.train);
});

const unsupported = parseText(
  'x: float32[N, 3]; w = float32[3, 3]{...}; h = MatMul(x, w); y = com.example.Mystery(h); -> y: float32[N, 3]',
  {
    tensors: { w: normal([3, 3], 'w') },
  },
);
test.each<[string, string, Model, Partial<Learning>, Partial<FineTuneSettings>]>([
  ['training/data', 'fewer than a batch of 500', perceptron, {}, { batchSize: 500 }],
  ['training/data', '1 of 4 classes have no training example: d', perceptron, { labels: [...classes, 'd'] }, {}],
  [
    'training/data',
    'no labelled validation',
    perceptron,
    { validation: { ...learning.validation, label: () => null } },
    {},
  ],
  ['training/output', 'no output "z"', perceptron, { output: 'z' }, {}],
  ['training/unsupported', 'Mystery', unsupported, {}, {}],
  [
    'training/weights',
    'infinite',
    {
      ...perceptron,
      graph: {
        ...perceptron.graph,
        initializers: new Map([
          ...perceptron.graph.initializers,
          ['w', tensor('float32', [16, 3], new Float32Array(48).fill(Number.NaN))],
        ]),
      },
    },
    {},
    {},
  ],
])('%s: %s', async (code, message, model, changes, more) => {
  const { context } = await world();
  await expect(fineTune(model, { ...learning, ...changes }, { ...settings, ...more }, context)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});
