import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model, operators, run } from '../testing/quantized.ts';
import { remapIds } from './remap-ids.ts';
import { findTables, type Tables } from './tables.ts';
import { idsFeed, world } from './testing/world.ts';

test('one map serves all lookups of the same ids; the mean stands in in every table', async () => {
  const given = await world({});
  const before = model(
    'ids: int64[B, S]; t = float32[20, 4]{...}; v = float32[20, 1]{...}; a = Gather(t, ids); b = Gather(v, ids); y = Mul(a, b); -> y: float32[B, S, 4]',
  );
  const draft = edit(before);
  const one = {
    draft,
    tables: findTables(draft) as Tables,
    frequencies: { seen: new Map([[3, 1]]), heldOut: null, longest: 1 },
    tokenizer: null,
    texts: new Map<number, string>(),
    special: new Set([0]),
  };
  const { model: after } = await remapIds(one, [0, 3], null, given);
  expect(operators(after)).toEqual({ Gather: 3, Cast: 1, Mul: 1 });
  expect([...after.graph.initializers.values()].map(({ dims }) => dims[0]).toSorted()).toEqual([20, 3, 3]);
  const was = (await run(given, before, idsFeed([[3, 0]])))['y']!.data;
  expect((await run(given, after, idsFeed([[3, 0]])))['y']!.data).toEqual(was);
});
