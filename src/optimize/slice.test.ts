import { expect, test } from 'vitest';
import { parseText } from '../model/graph/index.ts';
import { dependentsOf, sliceOf, splitWeights, takenBy } from './slice.ts';

const { graph } = parseText(
  'x: float32[N]; w = float32[1] {1.0}; v = float32[1] {2.0}; u = float32[1] {3.0}; a = Add(x, w); b = Mul(a, v); c = Neg(x); d = Add(b, c); e = Mul(d, u); f = Sub(d, w)',
);
const names = (nodes: readonly { readonly outputs: readonly string[] }[]): string =>
  nodes.map(({ outputs }) => outputs[0]).join('');

test('what is needed, what depends, what is taken', () => {
  expect(names(sliceOf(graph.nodes, ['d'], new Set()))).toBe('abcd');
  expect(names(sliceOf(graph.nodes, ['e'], new Set(['b'])))).toBe('cde');
  expect(names(dependentsOf(graph.nodes, 'b'))).toBe('bdef'.slice(1));
  expect(names(dependentsOf(graph.nodes, 'x'))).toBe('abcdef');
  expect([...takenBy(sliceOf(graph.nodes, ['e'], new Set(['b'])))].toSorted()).toEqual(['b', 'u', 'x']);
});

test('weights go where they are used', () => {
  const inner = sliceOf(graph.nodes, ['e', 'f'], new Set(['b']));
  const outer = sliceOf(graph.nodes, ['b'], new Set());
  const { inside, outside } = splitWeights(graph, inner, outer);
  expect([...inside.keys()]).toEqual(['u']);
  expect([...outside.keys()]).toEqual(['w', 'v']);
});

test('bodies count as uses', () => {
  const { graph: outer } = parseText(
    'x: float32[N]; c: bool[]; a = Neg(x); y = If(c) {then_branch: graph "t" { t = Abs(a) }, else_branch: graph "e" { e = Identity(a) }}',
  );
  expect(names(sliceOf(outer.nodes, ['y'], new Set()))).toBe('ay');
  expect(names(dependentsOf(outer.nodes, 'a'))).toBe('y');
});
