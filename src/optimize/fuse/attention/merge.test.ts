import { expect, test } from 'vitest';
import { attentionText, viewOf } from '../../testing/attention.ts';
import type { Pieces } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { headsOf } from './heads.ts';
import { finish, joined, mergeOf } from './merge.ts';
import { attentionAt } from './scores.ts';

const setup = async (pieces: Pieces) => {
  const view = viewOf(model(attentionText(pieces)));
  const softmax = view.draft.nodes().find(({ op }) => op === 'Softmax');
  const found = softmax && (await attentionAt(view, softmax, await context()));
  if (!found || !('attention' in found)) return expect.fail('no attention');
  return { view, attention: found.attention };
};
const make = (output: string) => ({ op: 'Test', inputs: [], outputs: [output] });

test('joined heads are replaced by the operator alone', async () => {
  const { view, attention } = await setup({});
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return expect.fail(merge.reason);
  expect(merge).toMatchObject({ flat: true, node: { op: 'Reshape' } });
  expect(finish(view, merge, attention, make)).toEqual([make('y')]);
});

test('heads that stay apart are split again, and a guard comes first', async () => {
  const { view, attention } = await setup({
    softmax: 'p0 = Softmax(score) {axis: -1}; bad = IsNaN(p0); p = Where(bad, nought, p0)',
    join: 'y = Transpose(c0) {perm: [0, 2, 1, 3]}',
    outputs: '-> y: float32[B, S, 4, 8]',
  });
  const merge = mergeOf(view, attention);
  if ('reason' in merge) return expect.fail(merge.reason);
  expect(merge.flat).toBe(false);
  expect(finish(view, merge, attention, make).map(({ op }) => op)).toEqual(['Test', 'IsNaN', 'Where', 'Reshape']);
});

test('a Reshape that joins something else is not the end', async () => {
  const { view, attention } = await setup({
    more: 'long = int64[2] {-1, 32}',
    join: 'c1 = Transpose(c0) {perm: [0, 2, 1, 3]}; y = Reshape(c1, long)',
    outputs: '-> y: float32[R, 32]',
  });
  expect(mergeOf(view, attention)).toMatchObject({ flat: false, node: { op: 'Transpose' } });
});

test('another order of axes is no join', async () => {
  const { view, attention } = await setup({
    join: 'y = Transpose(c0) {perm: [1, 0, 2, 3]}',
    outputs: '-> y: float32[4, B, S, 8]',
  });
  expect(mergeOf(view, attention)).toMatchObject({ reason: expect.stringMatching(/not joined/) as string });
});

test('heads that the graph has only apart are joined by two nodes', () => {
  const view = viewOf(model('x: float32[B, 4, S, 8]; y = Relu(x); -> y: float32[B, 4, S, 8]'));
  const heads = headsOf(view, 'x');
  if (!heads) return expect.fail('no heads');
  const name = joined(view, heads);
  expect(view.draft.producer(name)?.op).toBe('Reshape');
  expect(view.draft.producer(view.draft.producer(name)?.inputs[0] ?? '')?.op).toBe('Transpose');
});
