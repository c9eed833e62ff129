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

/** One layer of attention with two heads of 4, its scores masked by `mask`, and a pick of the first token. `dead`: what becomes of a row without any key. */
const attention = (mask: string, dead = 'p = Identity(soft)') =>
  'x: float32[N, S, 8]; q = float32[8, 8] {...}; k = float32[8, 8] {...}; v = float32[8, 8] {...}; o = float32[8, 8] {...}; ' +
  'zero = int64[] {0}; one = int64[] {1}; first = int64[1] {0}; eight = int64[1] {8}; heads = int64[4] {0, 0, 2, 4}; ' +
  'sizes = Shape(x); n = Gather(sizes, zero); n1 = Unsqueeze(n, first); t = Gather(sizes, one); t1 = Unsqueeze(t, first); all = Concat(n1, t1, eight) {axis: 0}; ' +
  `nothing = float32[] {0.0}; ${mask}; ` +
  'q1 = MatMul(x, q); q2 = Reshape(q1, heads); q3 = Transpose(q2) {perm: [0, 2, 1, 3]}; ' +
  'k1 = MatMul(x, k); k2 = Reshape(k1, heads); k3 = Transpose(k2) {perm: [0, 2, 3, 1]}; ' +
  'v1 = MatMul(x, v); v2 = Reshape(v1, heads); v3 = Transpose(v2) {perm: [0, 2, 1, 3]}; ' +
  `scores = MatMul(q3, k3); masked = Add(scores, mask); soft = Softmax(masked) {axis: -1}; ${dead}; ` +
  'c1 = MatMul(p, v3); c2 = Transpose(c1) {perm: [0, 2, 1, 3]}; c3 = Reshape(c2, all); o1 = MatMul(c3, o); ' +
  's = Add(o1, x); y = Gather(s, zero) {axis: 1}; opset 17; -> y';

/** As PyTorch 2.13 writes `mask.expand(batch, -1, tokens, tokens)`: every −1 of the shape is replaced by 1 where the model runs. */
const expandedMask = (low: string) =>
  `m: bool[N, 1, 1, S]; low = float32[] {${low}}; minus = int64[1] {-1}; ` +
  'wanted = Concat(n1, minus, t1, t1) {axis: 0}; count = Shape(wanted); ' +
  'ones = ConstantOfShape(count) {value: int64[1] {1}}; gone = Mul(ones, minus); open = Equal(wanted, gone); target = Where(open, ones, wanted); ' +
  'wide = Expand(m, target); mask = Where(wide, nothing, low)';

describe('the row of attention that is read', () => {
  test.each([
    ['a mask of one row', 'mask: float32[N, 1, 1, S]', undefined],
    ['a mask of one row a query', 'mask: float32[N, 1, S, S]', undefined],
    ['a mask that is expanded to a computed shape', expandedMask('-10000.0'), undefined],
    [
      'rows without any key, whose answer is 0',
      expandedMask('-inf'),
      'lost = IsNaN(soft); p = Where(lost, nothing, soft)',
    ],
  ])('%s', async (_, mask, dead) => {
    const result = await fused(upstreamGather, attention(mask, dead));
    expect(result.changes).toEqual([
      { what: 'one place of s is read: 4 products run for it alone', nodes: ['y', 'q1', 'scores', 'c1', 'o1'] },
    ]);
    expect(result.skipped).toEqual([]);
    expect(await answersApart(result, 1)).toBeLessThan(1e-6);
    // One row would be multiplied by another kernel, which adds up in another order: the place is taken twice.
    for (const open of [3, 20]) expect(await answersApart(result, open, 'all')).toBe(0);
  });

  test('once more: nothing is left to do', async () => {
    const { model } = await fused(upstreamGather, attention('mask: float32[N, 1, 1, S]'));
    expect((await fused(upstreamGather, model)).model).toBe(model);
  });

  test('a mask of which nobody knows whether it has one row a query: what follows is done, and it says what is not', async () => {
    const result = await fused(upstreamGather, attention('mask: float32[A, 1, B, C]'));
    expect(result.changes.map(({ nodes }) => nodes)).toEqual([['y', 'o1']]);
    expect(result.skipped).toEqual([
      {
        reason:
          'products before it run for all places: the sizes before and after Reshape c3 are not known to be the same',
        nodes: ['c3'],
      },
    ]);
    expect(await answersApart(result)).toBeLessThan(1e-6);
  });
});

describe('what stays, and why', () => {
  test.each([
    ['the mean of all places is read', `${layer}; y = ReduceMean(s) {axes: [1], keepdims: 0}`, 'no Gather or Slice'],
    [
      'all places are read too',
      `${layer}; y = Gather(s, zero) {axis: 1}; z = Relu(s)`,
      'other places of the result are read too: of s',
    ],
    [
      'a Softmax along the places',
      `${layer}; n = Softmax(s) {axis: 1}; y = Gather(n, zero) {axis: 1}`,
      'no product before it runs for each place by itself: Softmax n is not known to keep places apart',
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
    expect.stringMatching(/LayerNormalization_output_0 is read: 6 products run for it alone$/),
  ]);
  expect(result.skipped).toEqual([]);
});

test('a layer that drops values at random is left alone', async () => {
  const result = await bert('model_dynamo.onnx');
  if (result !== null) expect(result.model).toBe(result.before);
});
