import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { context, model } from '../testing/quantized.ts';
import { bytesOf, cutAll, restated, sizes } from './case.ts';

test('cuts constants wherever they are used, and counts the bytes', async () => {
  const draft = edit(
    model(
      'ids: int64[B]; t = float32[20, 4]{...}; b = float32[20]{...}; y = Gather(t, ids); z = Gather(t, ids); w = Gather(b, ids); -> y, z, w',
    ),
  );
  const cut = await cutAll(
    draft,
    [
      { name: 't', axis: 0 },
      { name: 'b', axis: 0 },
    ],
    [0, 5, 7],
    await context(),
  );
  expect(cut).toEqual({ before: 400, after: 60 });
  const { initializers } = draft.done().model.graph;
  expect([...initializers].map(([name, { dims }]) => [name, dims])).toEqual([
    ['t_kept', [3, 4]],
    ['b_kept', [3]],
  ]);
  expect(bytesOf(initializers.get('t_kept')!)).toBe(48);
});

test('stated types follow', () => {
  const before = model('x: float32[B, 9]; m = Neg(x); y = Neg(m); -> y: float32[B, 9], m: float32[B, 9]');
  const after = restated(before, new Set(['y']), new Set(), 4);
  expect(after.graph.outputs.map(({ type }) => (type?.kind === 'tensor' ? type.dims : null))).toEqual([
    ['B', 4],
    ['B', 9],
  ]);
});

test('says how many stay', () => {
  expect(sizes(2_871, 30_522, 31_254_528, 2_939_904)).toBe(
    '2,871 of 30,522 tokens stay: 31.3 MB of tables become 2.9 MB',
  );
});
