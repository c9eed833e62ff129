import { expect, test } from 'vitest';
import { edit, parseText } from '../../model/graph/index.ts';
import { readTensor, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { certainOf } from './certain.ts';
import { perChannelOf, scaledBias, scaledWeights } from './conv-channels.ts';

const context = { bytes: readTensor };
const ones = (dims: readonly number[]) =>
  tensor('float32', dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1));
const valuesOf = async (made: Awaited<ReturnType<typeof scaledWeights>>) =>
  made ? Array.from(toFloat32(made.dtype, await readTensor(made))) : null;

test('weights of Conv by row, of ConvTranspose by column within the group', async () => {
  const scale = Float64Array.of(2, 3);
  expect(await valuesOf(await scaledWeights(ones([2, 1, 2]), scale, null, context))).toEqual([2, 2, 3, 3]);
  expect(await valuesOf(await scaledWeights(ones([1, 2, 2]), scale, 1, context))).toEqual([2, 2, 3, 3]);
  const grouped = await scaledWeights(ones([4, 2, 1]), Float64Array.of(1, 2, 3, 4), 2, context);
  expect(await valuesOf(grouped)).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  expect(await scaledWeights(tensor('int8', [1, 1, 1], Int8Array.of(1)), scale, null, context)).toBeNull();
});

test('a bias is scaled and shifted, a missing one is 0', async () => {
  const change = { scale: Float64Array.of(2, 3), shift: Float64Array.of(10, 20) };
  expect(await valuesOf(await scaledBias(ones([2]), change, ones([2]), context))).toEqual([12, 23]);
  expect(await valuesOf(await scaledBias(null, change, ones([2]), context))).toEqual([10, 20]);
  expect(await scaledBias(ones([3]), change, ones([2]), context)).toBeNull();
});

test('batch normalization as scale and shift', async () => {
  const model = parseText(
    'g = float32[1] {3.0}; h = float32[1] {1.0}; m = float32[1] {2.0}; v = float32[1] {3.0}; y = BatchNormalization(x, g, h, m, v) {epsilon: 1.0}',
  );
  const draft = edit(model);
  const [node] = model.graph.nodes;
  if (!node) expect.fail('no node');
  const found = await perChannelOf(node, 'x', 1, 4, draft, certainOf(draft), context);
  expect(found).toEqual({ scale: Float64Array.of(1.5), shift: Float64Array.of(-2) });
  expect(await perChannelOf(node, 'x', 2, 4, draft, certainOf(draft), context)).toContain('1 values for 2 channels');
});
