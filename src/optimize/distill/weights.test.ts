import { expect, onTestFinished, test } from 'vitest';
import type { Context, Feeds, Model } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { bertSignature, encoderModel, type Architecture } from '../training/encoder.ts';
import { flipped, product } from './principal.ts';
import { strongWeights, toyContext, toyShape, toyTeacher, toyTokens } from './testing/toy.ts';
import { tokenFeeds } from '../testing/token-feeds.ts';
import { studentWeights, withoutTypes } from './weights.ts';

const begin = async (own: Architecture, teacher: Model = toyTeacher()) => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  return {
    context,
    ...(await studentWeights(teacher, anatomyOf(teacher) as Anatomy, own, seeded(1, 'student'), context)),
  };
};
const random = seeded(1, 'inputs');
const feeds: Feeds = tokenFeeds(Array.from({ length: 4 }, () => toyTokens(random)));
const scores = async (model: Model, context: Context): Promise<Float32Array> => {
  const session = await context.open(model);
  const { outputs } = await session.run(feeds);
  await session.close();
  return outputs['logits']!.data as Float32Array;
};
const far = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / b.reduce((sum, value) => sum + value ** 2, 0));

test('a student of the teacher’s shape is its copy', async () => {
  const { weights, inherited, directions, context } = await begin(toyShape);
  expect(directions).toBeNull();
  expect(inherited).toEqual(['word table', 'positions', 'types', 'block 1', 'block 2', 'head']);
  expect(far(await scores(encoderModel(toyShape, weights), context), await scores(toyTeacher(), context))).toBeLessThan(
    1e-5,
  );
});

test('without layers: the teacher without those layers', async () => {
  const own = { ...toyShape, layers: 1 };
  const { weights, context } = await begin(own);
  const kept = new Map(
    [...strongWeights(toyShape)].flatMap(([name, one]) =>
      name.includes('layer.0') ? [] : [[name.replace('layer.1', 'layer.0'), one] as const],
    ),
  );
  expect(
    far(await scores(encoderModel(own, weights), context), await scores(encoderModel(own, kept), context)),
  ).toBeLessThan(1e-5);
});

test('heads and neurons that carry nothing are the ones that go', async () => {
  const silent = strongWeights(toyShape);
  const zero = (name: string, when: (row: number, column: number) => boolean): void => {
    const one = silent.get(name)!;
    const columns = one.dims[1]!;
    const values = toFloat32('float32', readTensorSync(one)).map((value, i) =>
      when(Math.floor(i / columns), i % columns) ? 0 : value,
    );
    silent.set(name, tensor('float32', one.dims, values));
  };
  for (const layer of [0, 1]) {
    const at = `bert.encoder.layer.${layer}`;
    // Every second neuron, and the first head’s way out.
    zero(`${at}.output.dense.weight`, (row) => row % 2 === 0);
    zero(`${at}.attention.output.dense.weight`, (row) => row < 8);
  }
  const teacher = encoderModel(toyShape, silent);
  const own = { ...toyShape, ffn: 16 };
  const { weights, context } = await begin(own, teacher);
  expect(far(await scores(encoderModel(own, weights), context), await scores(teacher, context))).toBeLessThan(1e-5);
});

test('heads of another size: the first ones are as they were', async () => {
  // One head of 16 columns takes the stronger head’s 8, and 8 fresh ones that change little.
  const { weights } = await begin({ ...toyShape, heads: 1, layers: 1 });
  const query = toFloat32('float32', readTensorSync(weights.get('bert.encoder.layer.0.attention.self.query.weight')!));
  const theirs = toFloat32(
    'float32',
    readTensorSync(strongWeights(toyShape).get('bert.encoder.layer.1.attention.self.query.weight')!),
  );
  const column = (values: Float32Array, at: number): number[] =>
    Array.from({ length: 16 }, (_, row) => values[row * 16 + at]!);
  const own = column(query, 0).map((value) => value / Math.SQRT2);
  const found = Array.from({ length: 16 }, (_, at) => column(theirs, at)).some((one) =>
    one.every((value, i) => Math.abs(value - own[i]!) < 1e-5),
  );
  expect(found).toBe(true);
});

test('a narrower student has the word table in its best directions', async () => {
  const own = { ...toyShape, layers: 1, width: 8, heads: 1 };
  const { weights, directions } = await begin(own);
  const table = toFloat32(
    'float32',
    readTensorSync(strongWeights(toyShape).get('bert.embeddings.word_embeddings.weight')!),
  );
  const expected = product({ values: table, rows: 40, columns: 16 }, directions!);
  const mine = toFloat32('float32', readTensorSync(weights.get('bert.embeddings.word_embeddings.weight')!));
  for (const [i, value] of mine.entries()) expect(value).toBeCloseTo(expected.values[i]!, 5);
  expect(weights.get('classifier.weight')!.dims).toEqual([3, 8]);
});

test('a factorized table is the best of its rank, and a student of such a model takes both parts', async () => {
  const own = { ...toyShape, embedding: 15 };
  const { weights } = await begin(own);
  const value = (of: ReadonlyMap<string, ReturnType<typeof tensor>>, name: string, rows: number, columns: number) => ({
    values: toFloat32('float32', readTensorSync(of.get(`bert.embeddings.${name}.weight`)!)),
    rows,
    columns,
  });
  const both = product(value(weights, 'word_embeddings', 40, 15), value(weights, 'projection', 15, 16));
  // 15 of 16 directions: all but the mean of each row, which normalization takes out anyway.
  const table = toFloat32(
    'float32',
    readTensorSync(strongWeights(toyShape).get('bert.embeddings.word_embeddings.weight')!),
  );
  for (let row = 0; row < 40; row++) {
    const mean = table.slice(row * 16, row * 16 + 16).reduce((a, b) => a + b) / 16;
    for (let i = 0; i < 16; i++) expect(both.values[row * 16 + i]).toBeCloseTo(table[row * 16 + i]! - mean, 4);
  }
  const narrow = { ...toyShape, embedding: 6 };
  const again = await begin(narrow, encoderModel(narrow, strongWeights(narrow)));
  expect(again.inherited).toContain('word table');
  expect(flipped(value(again.weights, 'projection', 6, 16)).rows).toBe(16);
  expect(
    far(
      await scores(encoderModel(narrow, again.weights), again.context),
      await scores(encoderModel(narrow, strongWeights(narrow)), again.context),
    ),
  ).toBeLessThan(1e-5);
});

test('broken weights are not taken', async () => {
  const broken = strongWeights(toyShape);
  const name = 'bert.encoder.layer.1.intermediate.dense.weight';
  broken.set(name, tensor('float32', [16, 32], new Float32Array(512).fill(NaN)));
  const { weights } = await begin({ ...toyShape, layers: 1 }, encoderModel(toyShape, broken));
  for (const one of weights.values())
    expect(toFloat32('float32', readTensorSync(one)).every(Number.isFinite)).toBe(true);
});

test('without types: the first type is part of every position', async () => {
  const { weights, context } = await begin({ ...toyShape, layers: 1 });
  const signature = bertSignature(3);
  const inputs = signature.inputs.filter(({ name }) => name !== 'token_type_ids');
  const without = encoderModel({ ...toyShape, layers: 1 }, withoutTypes(weights), {
    ...signature,
    inputs,
    types: null,
  });
  const session = await context.open(without);
  const { token_type_ids: _types, ...rest } = feeds;
  const { outputs } = await session.run(rest);
  await session.close();
  expect(
    far(
      outputs['logits']!.data as Float32Array,
      await scores(encoderModel({ ...toyShape, layers: 1 }, weights), context),
    ),
  ).toBeLessThan(1e-5);
});
