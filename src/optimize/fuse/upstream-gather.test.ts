import { describe, expect, test } from 'vitest';
import { decodeFile } from '../../model/onnx/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { answersApart, fused } from '../testing/fused.ts';
import { upstreamGather } from './upstream-gather.ts';

const head =
  'x: float32[N, S, 8]; w = float32[8, 12] {...}; v = float32[12, 8] {...}; b = float32[12] {...}; g = float32[8] {...}; ' +
  'zero = int64[] {0}; first = int64[1] {0}; one = int64[1] {1}; last = int64[1] {-1}; end = int64[1] {9223372036854775807}; ' +
  'two = float32[] {2.0}; eps = float32[] {0.00001}';
const layer = 'h = MatMul(x, w); a = Add(h, b); r = Relu(a); o = MatMul(r, v); s = Add(o, x)';

describe('what runs for one place only', () => {
  test.each([
    ['the first', 'y = Gather(s, zero) {axis: 1}', ['Gather', 'MatMul', 'Add', 'Relu', 'MatMul', 'Add', 'Squeeze']],
    [
      'the first, its axis kept',
      'y = Gather(s, first) {axis: 1}',
      ['Gather', 'MatMul', 'Add', 'Relu', 'MatMul', 'Add', 'Identity'],
    ],
    ['a slice', 'y = Slice(s, first, one, one)', ['Gather', 'MatMul', 'Add', 'Relu', 'MatMul', 'Add', 'Identity']],
    [
      'the last as a slice',
      'y = Slice(s, last, end, one)',
      ['Gather', 'MatMul', 'Add', 'Relu', 'MatMul', 'Add', 'Identity'],
    ],
  ])('%s', async (_, pick, operators) => {
    const result = await fused(upstreamGather, `${head}; ${layer}; ${pick}; -> y`);
    expect(result.changes).toEqual([
      { what: 'one place of s is read: 2 products run for it alone', nodes: ['y', 'h', 'o'] },
    ]);
    expect(result.skipped).toEqual([]);
    expect(result.model.graph.nodes.map(({ op }) => op)).toEqual(operators);
    expect(await answersApart(result)).toBeLessThan(1e-6);
  });

  test.each([
    [
      'a normalization that is written out',
      'm = ReduceMean(s) {axes: [-1]}; d = Sub(s, m); q = Pow(d, two); e = ReduceMean(q) {axes: [-1]}; f = Add(e, eps); k = Sqrt(f); n = Div(d, k)',
    ],
    [
      'a residual sum with its normalization',
      'n = com.microsoft.SkipLayerNormalization(o, x, g, g) {epsilon: 0.00001}',
    ],
    ['an activation with its bias', 'n = com.microsoft.BiasGelu(s, g)'],
    ['a Softmax along another axis', 'n = Softmax(s) {axis: -1}'],
  ])('through %s', async (_, between) => {
    const result = await fused(upstreamGather, `${head}; ${layer}; ${between}; y = Gather(n, zero) {axis: 1}; -> y`);
    expect(result.changes).toHaveLength(1);
    expect(await answersApart(result)).toBeLessThan(1e-6);
  });
});

describe('what stays, and why', () => {
  test.each([
    ['the mean of all places is read', `${layer}; y = ReduceMean(s) {axes: [1], keepdims: 0}`, 'no Gather or Slice'],
    [
      'all places are read too',
      `${layer}; y = Gather(s, zero) {axis: 1}; z = Relu(s)`,
      'other places of the result are read too',
    ],
    [
      'a Softmax along the places',
      `${layer}; n = Softmax(s) {axis: 1}; y = Gather(n, zero) {axis: 1}`,
      'no product before it',
    ],
    ['no product', 'r = Relu(x); y = Gather(r, zero) {axis: 1}', 'no product before it'],
    ['two places', `${layer}; i = int64[2] {0, 1}; y = Gather(s, i) {axis: 1}`, 'nothing takes one fixed place'],
    ['rows of a table', `ids: int64[N]; y = Gather(w, ids)`, 'nothing takes one fixed place'],
  ])('%s', async (_, body, reason) => {
    const outputs = body.includes('z = ') ? 'y, z' : 'y';
    const result = await fused(upstreamGather, `${head}; ${body}; -> ${outputs}`);
    expect(result.changes).toEqual([]);
    expect(result.skipped[0]?.reason).toContain(reason);
    expect(result.model).toBe(result.before);
  });
});

const bert = async (name: string) => {
  const file = sharedOrSkip('the last layer of a BERT classifier', 'models', 'clinc150-bert', 'onnx', name);
  return file === null ? null : fused(upstreamGather, await decodeFile(file));
};

test('the last layer of a BERT classifier', async () => {
  const result = await bert('model.onnx');
  if (result === null) return;
  expect(result.changes.map(({ what }) => what)).toEqual([
    expect.stringMatching(/LayerNormalization_output_0 is read: 3 products run for it alone$/),
  ]);
  expect(result.skipped).toEqual([]);
});

test('a layer that drops values at random is left alone', async () => {
  const result = await bert('model_dynamo.onnx');
  if (result !== null) expect(result.model).toBe(result.before);
});
