import { expect, test } from 'vitest';
import { attentionText } from '../testing/attention.ts';
import { model } from '../testing/quantized.ts';
import { coreAt, outputBehind } from './cores.ts';
import { layersOf } from './layers.ts';
import { viewOf } from './walk.ts';

const found = (text: string, op: string) => {
  const view = viewOf(model(text));
  const node = view.draft.nodes().find((one) => one.op === op)!;
  const layers = layersOf(view);
  return { core: coreAt(view, layers, node), view, layers };
};

test('softmax between two products', () => {
  const { core } = found(attentionText(), 'Softmax');
  expect(core).toMatchObject({ core: { heads: 4, keyHeads: 4, headWidth: 8, result: 'c0', query: { bias: 'bq' } } });
});

test('a softmax that is no attention, heads that do not fit, products that are not certain', () => {
  expect(found('x: float32[N, 4]; y = Softmax(x)', 'Softmax').core).toBeNull();
  const mixed = attentionText({ mask: 's1 = MatMul(q, k); s2 = MatMul(q, k); score = Add(s1, s2)' });
  expect(found(mixed.replace('s0 = MatMul(q, k)', ''), 'Softmax').core).toMatchObject({
    reason: expect.stringContaining('more than one product'),
  });
});

test('fused operators with what they say about heads', () => {
  const text = (attributes: string, k = 'k', v = 'v'): string => `x: float32[B, S, 8]
    wq = float32[8, 8] {...}; wk = float32[8, 4] {...}; wp = float32[8, 16] {...}; wo = float32[8, 3] {...}; l: int32[B]; t: int32[]
    q = MatMul(x, ${k === '_' ? 'wp' : 'wq'}); k = MatMul(x, wk); v = MatMul(x, wk)
    c = com.microsoft.GroupQueryAttention(q, ${k}, ${v}, _, _, l, t) {${attributes}}; i = Identity(c); y = MatMul(i, wo)
    -> y: float32[B, S, 3], k, v`;
  const { core, view, layers } = found(text('num_heads: 4, kv_num_heads: 2'), 'GroupQueryAttention');
  expect(core).toMatchObject({ core: { heads: 4, keyHeads: 2, headWidth: 2 } });
  expect(outputBehind(view, layers, 'c')?.weightName).toBe('wo');
  expect(found(text('num_heads: 4, kv_num_heads: 2', '_', '_'), 'GroupQueryAttention').core).toMatchObject({
    core: { query: { from: 0, to: 8 }, key: { from: 8, to: 12 }, value: { from: 12, to: 16 } },
  });
  expect(found(text('num_heads: 3, kv_num_heads: 2'), 'GroupQueryAttention').core).toMatchObject({
    reason: expect.stringContaining('heads'),
  });
});
