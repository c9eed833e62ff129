import { expect, test } from 'vitest';
import { parseText, printLine } from '../model/graph/index.ts';
import { renameGraph, renameNode } from './rename.ts';

test('every name, bodies included; what is omitted stays so', () => {
  const before = parseText(
    'x: float32[N]; c: bool[]; w = float32[1] {2.0}; y = If(c) {then_branch: graph "t" { k = float32[1] {1.0}; a = Add(x, k); t = Mul(a, w) }, else_branch: graph "e" { e = Clip(x, _, w) }} as "choose"',
  );
  const graph = renameGraph(before.graph, (name) => `p/${name}`, 'n/');
  expect(printLine({ ...before, graph })).toBe(
    'p/x: float32[N]; p/c: bool[]; p/w = float32[1] {2.0}; p/y = If(p/c) {else_branch: graph "e" { p/e = Clip(p/x, _, p/w) }, then_branch: graph "t" { p/k = float32[1] {1.0}; p/a = Add(p/x, p/k); p/t = Mul(p/a, p/w) }}',
  );
  expect(renameNode(before.graph.nodes[0]!, (name) => name, 'n/').name).toBe('n/choose');
});
