import type { Feeds, Learning, LearningRows, Tensor, Value, ValueArray } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { encoderModel, initialWeights, type Architecture } from '../training/index.ts';
import { idsValue, type Sample } from './models.ts';
import { tokenFeeds } from './token-feeds.ts';

/** Weights by which inputs make a difference: fresh ones are so small that all scores are almost alike. */
const grown = (weights: ReadonlyMap<string, Tensor>, factor: number): ReadonlyMap<string, Tensor> =>
  new Map(
    [...weights].map(([name, one]) => {
      const values = toFloat32('float32', readTensorSync(one));
      return [
        name,
        one.dims.length < 2
          ? one
          : tensor(
              'float32',
              one.dims,
              values.map((value) => value * factor),
            ),
      ];
    }),
  );

/** A text classifier as `steelyard train` makes it, with random weights. */
const textSample = (name: string, shape: Architecture, factor = 1): Sample & { readonly vocabulary: number } => ({
  name,
  vocabulary: shape.vocabulary,
  model: encoderModel(shape, grown(initialWeights(shape, seeded(1, 'text classifier')), factor)),
  feeds: (random) => {
    const input_ids = idsValue(random, shape.vocabulary, 3, 7);
    const ones: Value = { dtype: 'int64', dims: [3, 7], data: new BigInt64Array(21).fill(1n) };
    const token_type_ids: Value = { dtype: 'int64', dims: [3, 7], data: new BigInt64Array(21) };
    return { input_ids, attention_mask: ones, token_type_ids };
  },
});

/** Two tiny layers. */
export const encoderSample = textSample('text classifier', {
  layers: 2,
  width: 16,
  heads: 2,
  ffn: 32,
  vocabulary: 40,
  positions: 16,
  labels: 3,
});

/** Wide enough for every technique to find something to do. */
export const wideSample = textSample(
  'wide text classifier',
  { layers: 3, width: 64, heads: 4, ffn: 128, vocabulary: 600, positions: 32, labels: 3 },
  6,
);

/** Rows `from` … `to` of a value. */
const slice = ({ dtype, dims, data }: Value, from: number, to: number): Value => {
  const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
  return { dtype, dims: [to - from, ...dims.slice(1)], data: data.slice(from * size, to * size) as ValueArray };
};

const joined = (values: readonly Value[]): Value => {
  const [first] = values;
  const all = values.flatMap(({ data }) => Array.from(data as ArrayLike<number>));
  const make = (first!.data as Float32Array).constructor as unknown as { from(list: readonly number[]): Float32Array };
  return { dtype: first!.dtype, dims: [values.length, ...first!.dims.slice(1)], data: make.from(all) };
};

const rowsOf = (sample: Sample, count: number, classes: number, label: string, text: boolean): LearningRows => {
  const rows: Feeds[] = [];
  for (let round = 0; rows.length < count; round++) {
    const feeds = sample.feeds(seeded(round, label));
    const size = Object.values(feeds)[0]!.dims[0]!;
    for (let row = 0; row < size && rows.length < count; row++)
      rows.push(Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, slice(value, row, row + 1)])));
  }
  const labels = Array.from({ length: count }, (_, row) => row % classes);
  const tokens = (row: number): readonly number[] | null =>
    text ? Array.from(rows[row]!['input_ids']!.data as BigInt64Array, Number) : null;
  return {
    count,
    label: (row) => labels[row]!,
    length: (row) => tokens(row)?.length ?? 1,
    tokens,
    feeds: (chosen) =>
      Object.fromEntries(Object.keys(rows[0]!).map((name) => [name, joined(chosen.map((row) => rows[row]![name]!))])),
  };
};

/** Labelled rows for a sample that is a classifier (its first output float32 [rows, classes]), or null. The labels mean nothing. */
export const learningFor = (sample: Sample): Learning | null => {
  const { outputs } = sample.model.graph;
  const [{ name: output, type }] = [outputs[0]!];
  const dims = type?.kind === 'tensor' ? type.dims : null;
  const classes = dims?.length === 2 ? dims[1] : null;
  const batched = Object.values(sample.feeds(seeded(1, 'shape'))).every(({ dims: own }) => own.length > 0);
  if (typeof classes !== 'number' || classes < 2 || !batched) return null;
  const vocabulary = 'vocabulary' in sample ? Number(sample.vocabulary) : null;
  const text = vocabulary !== null;
  return {
    train: rowsOf(sample, 32, classes, 'train', text),
    validation: rowsOf(sample, 12, classes, 'validation', text),
    labels: Array.from({ length: classes }, (_, index) => `class ${index}`),
    output,
    text:
      vocabulary !== null
        ? {
            padToken: 0,
            unknownToken: 1,
            maskToken: 2,
            special: new Set([0, 1, 2, 3]),
            maxLength: 16,
            vocabularySize: vocabulary,
            startsWord: (token) => token % 2 === 0,
            feeds: tokenFeeds,
          }
        : null,
    digest: sample.name,
  };
};
