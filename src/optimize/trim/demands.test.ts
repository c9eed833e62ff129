import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { demandsOf } from './demands.ts';
import { findTables, type Tables } from './tables.ts';

const demands = (text: string, labels: number | null = null) => {
  const draft = edit(model(text));
  return demandsOf(draft, findTables(draft) as Tables, labels);
};

test('comparisons and layers together; labels are no tokens', () => {
  const text = `ids: int64[B, S]; pad = int64[] {1}; t = float32[50, 8]{...}; w = float32[8, 50]{...}
    e = Gather(t, ids); q = Equal(ids, pad); y = MatMul(e, w); -> y, q`;
  const found = demands(text);
  expect(found).toMatchObject({ comparisons: [{ at: 1 }], layers: { cuts: [{ name: 'w', axis: 1 }] } });
  expect(demands(text, 50)).toMatchObject({ layers: { cuts: [] } });
});

test('the first obstacle is the reason, with advice where the table is quantized', () => {
  expect(demands('ids: int64[B, S]; t = float32[50, 8]{...}; e = Gather(t, ids); n = Neg(ids); -> e, n')).toMatchObject(
    { reason: 'the ids are also used by Neg n' },
  );
  expect(
    demands('ids: int64[B, S]; t = float32[50, 8]{...}; e = Gather(t, ids); n = Identity(ids); -> e, n'),
  ).toMatchObject({ reason: expect.stringMatching(/output of the model/) });
  const codes = Array.from({ length: 20 }, (_, at) => at).join();
  expect(
    demands(`ids: int64[B, S]; t = int8[20, 1] {${codes}}; e = Gather(t, ids); n = Identity(t); -> e, n`),
  ).toMatchObject({ reason: expect.stringMatching(/trim the vocabulary before quantizing/) });
});
