import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { carriersOf, demandOf } from './carriers.ts';

const draftOf = (text: string) => edit(model(text));

test('follows ids through what only moves them', () => {
  const draft = draftOf(`ids: int64[B, S]; axis = int64[1] {2}; t = float32[20, 4]{...}; first = int64[] {0}
    a = Cast(ids) {to: 6}; b = Unsqueeze(a, axis); c = Identity(b); d = Gather(ids, first) {axis: 1}; e = Gather(t, c); f = Cast(ids) {to: 1}; -> e, f: float32[B, S], d: int64[B]`);
  const { names, uses, escape } = carriersOf(draft, 'ids');
  expect([...names].toSorted()).toEqual(['a', 'b', 'c', 'd', 'ids']);
  expect(uses.map(({ node, at }) => [node.outputs[0], at])).toEqual(
    expect.arrayContaining([
      ['e', 1],
      ['f', 0],
    ]),
  );
  expect(uses).toHaveLength(2);
  expect(escape?.reason).toBe('the ids are an output of the model, d');
});

test('ids in a body of a branch escape', () => {
  const draft = draftOf(`ids: int64[B, S]; p: bool[]
    y = If(p) { then_branch: graph "a" { x = Neg(ids); -> x }, else_branch: graph "b" { z = Neg(ids); -> z } }
    -> y: int64[B, S]`);
  expect(carriersOf(draft, 'ids').escape?.reason).toMatch(/subgraph/);
});

test('what uses ask of new ids', () => {
  const draft = draftOf(`ids: int64[B, S]; pad = int64[] {3}; other: int64[B, S]
    s = Shape(ids); e = Equal(ids, pad); r = Equal(pad, ids); b = Cast(ids) {to: 9}; q = Equal(ids, other); l = Less(ids, pad); f = Cast(ids) {to: 1}
    -> s: int64[2], e: bool[B, S], r: bool[B, S], b: bool[B, S], q: bool[B, S], l: bool[B, S], f: float32[B, S]`);
  const demands = Object.fromEntries(
    carriersOf(draft, 'ids').uses.map((use) => {
      const demand = demandOf(draft, use);
      return [use.node.outputs[0], demand === null ? null : 'reason' in demand ? demand.reason : demand.at];
    }),
  );
  expect(demands).toEqual({
    s: null,
    e: 1,
    r: 0,
    b: null,
    q: 'the ids are also used by Equal q',
    l: 'the ids are also used by Less l',
    f: 'the ids are also used by Cast f',
  });
});
