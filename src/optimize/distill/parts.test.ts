import { expect, onTestFinished, test } from 'vitest';
import type { Model } from '../../contracts/index.ts';
import { readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { encoderModel } from '../training/encoder.ts';
import { partsOf } from './parts.ts';
import { strongWeights, toyContext, toyShape, toyTeacher } from './testing/toy.ts';

const open = (model: Model) => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const anatomy = anatomyOf(model) as Anatomy;
  return { anatomy, parts: partsOf(model, anatomy, context) };
};
const weights = strongWeights(toyShape);
const valuesOf = (name: string): Float32Array => toFloat32('float32', readTensorSync(weights.get(name)!));

test('layers with their biases, tables and norms, by what they are for', async () => {
  const { anatomy, parts } = open(toyTeacher());
  const block = anatomy.blocks[1]!;
  const at = 'bert.encoder.layer.1';
  const query = await parts.columns(block.attention.query);
  expect(query).toEqual({
    weight: { values: valuesOf(`${at}.attention.self.query.weight`), rows: 16, columns: 16 },
    bias: valuesOf(`${at}.attention.self.query.bias`),
  });
  expect((await parts.dense(block.feedForward.up))!.weight.columns).toBe(32);
  expect((await parts.table(anatomy.word!.name))!.values).toEqual(valuesOf('bert.embeddings.word_embeddings.weight'));
  expect(await parts.affine(block.output)).toEqual({
    scale: valuesOf(`${at}.output.LayerNorm.weight`),
    shift: valuesOf(`${at}.output.LayerNorm.bias`),
  });
  expect(parts.tail.map(({ weightName }) => weightName)).toEqual(['bert.pooler.dense.weight', 'classifier.weight']);
  expect(await parts.projection()).toBeNull();
});

test('a Gemm’s transposed weight comes as [inputs, outputs]', async () => {
  const { parts } = open(toyTeacher());
  const classifier = (await parts.dense(parts.tail[1]!))!;
  expect([classifier.weight.rows, classifier.weight.columns]).toEqual([16, 3]);
  const stored = valuesOf('classifier.weight');
  expect(classifier.weight.values[1]).toBe(stored[16]);
});

test('the projection of a narrow word table', async () => {
  const narrow = { ...toyShape, embedding: 6 };
  const { parts } = open(encoderModel(narrow, strongWeights(narrow)));
  expect(await parts.projection()).toMatchObject({ rows: 6, columns: 16 });
});

test('what is no norm has none', async () => {
  const { parts, anatomy } = open(toyTeacher());
  expect(await parts.affine(anatomy.blocks[0]!.feedForward.hidden)).toBeNull();
  expect(await parts.table('no such table')).toBeNull();
});
