import { expect, test } from 'vitest';
import { attentionText, viewOf } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { biasOf, scoreParts } from './bias.ts';
import { attentionAt } from './scores.ts';

const setup = async (mask: string, apply = 's1 = Div(s0, root); score = Add(s1, mask)') => {
  const view = viewOf(model(attentionText({ more: mask, mask: apply })));
  const softmax = view.draft.nodes().find(({ op }) => op === 'Softmax');
  const found = softmax && (await attentionAt(view, softmax, await context()));
  if (!found || !('attention' in found)) return expect.fail('no attention');
  return { view, attention: found.attention };
};

test('a mask of the size of the scores is taken as it is', async () => {
  const { view, attention } = await setup('mask: float32[B, 1, S, S]');
  expect(biasOf(view, attention, new Map())).toEqual({ name: 'mask' });
  expect(view.draft.nodes().some(({ op }) => op === 'Expand')).toBe(false);
});

test.each([
  'mask: float32[B, 1, 1, S]',
  'mask: float32[S]',
  'mask: float32[S, S]',
  'mask: float32[1, 4, S, 1]',
  'mask: float32[1, 1, M, S]',
])('a mask that is smaller, or whose rows are not certain, is widened once: %s', async (mask) => {
  const { view, attention } = await setup(mask);
  const made = new Map<string, string>();
  const first = biasOf(view, attention, made);
  expect(biasOf(view, attention, made)).toEqual(first);
  expect(view.draft.nodes().filter(({ op }) => op === 'Expand')).toHaveLength(1);
});

test.each([
  ['mask: float32[M, 1, S, S]', /one a batch/],
  ['mask: float32[1, H, S, S]', /one a head/],
])('a mask whose first sizes are not certain is refused: %s', async (mask, reason) => {
  const { view, attention } = await setup(mask);
  const before = view.draft.nodes().length;
  expect(biasOf(view, attention, new Map())).toMatchObject({ reason: expect.stringMatching(reason) as string });
  expect(view.draft.nodes()).toHaveLength(before);
});

test('a choice becomes 0 or the blocked number', async () => {
  const { view, attention } = await setup(
    'mask: bool[B, 1, S, S]',
    's1 = Div(s0, root); score = Where(mask, lowest, s1)',
  );
  const bias = biasOf(view, attention, new Map());
  if (!('name' in bias)) return expect.fail(bias.reason);
  expect(view.draft.producer(bias.name)?.op).toBe('Where');
  expect(view.draft.producer(bias.name)?.inputs.slice(0, 2)).toEqual(['mask', 'lowest']);
});

test('the sizes of the scores are asked of queries and keys', async () => {
  const { attention } = await setup('mask: float32[B, 1, S, S]');
  expect(scoreParts(attention)).toEqual([{ of: 'q1', axis: 0 }, 4, { of: 'q1', axis: 1 }, { of: 'k1', axis: 1 }]);
});
