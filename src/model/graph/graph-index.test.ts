import { expect, test } from 'vitest';
import { inOrder, indexOf, parseText } from './index.ts';
import { capturesOfNode, maximumDepth } from './scope.ts';
import type { Graph, Node } from '../../contracts/index.ts';

test('producers, consumers, captures, signature', () => {
  const { graph } = parseText(`w = float32[1] {1}
    h = Add(x, w); twice = Mul(h, h)
    y = If(c) {then_branch: graph "t" { a = Abs(h) }, else_branch: graph "e" { inner = If(c) {
      then_branch: graph "tt" { b = Neg(w) }, else_branch: graph "ee" { d = Neg(h) } } }}`);
  const index = indexOf(graph);
  expect(index.producer('h')?.op).toBe('Add');
  expect(index.producer('w')).toBeUndefined();
  expect(index.consumers('h').map((node) => node.op)).toEqual(['Mul']);
  expect(index.capturedBy('h').map((node) => node.op)).toEqual(['If']);
  expect(index.capturedBy('w').map((node) => node.op)).toEqual(['If']);
  expect([index.isInput('x'), index.isOutput('y'), index.isInitializer('w')]).toEqual([true, true, true]);
  expect([index.isUsed('twice'), index.isUsed('nothing')]).toEqual([true, false]);
});

test('a name that a body defines itself is not captured', () => {
  const { graph } = parseText(
    'y = Loop(n, go, x) {body: graph "b" { i: int64[]; on: bool[]; x: float32; z = Neg(x); -> on, z }}',
  );
  expect([...capturesOfNode(graph.nodes[0] ?? expect.fail('no node'))]).toEqual([]);
});

test('bodies nested without end are refused', () => {
  let body: Graph = parseText('y = Neg(x); -> y').graph;
  for (let depth = 0; depth <= maximumDepth; depth++) {
    const node: Node = {
      name: '',
      op: 'If',
      domain: '',
      inputs: ['c'],
      outputs: ['y'],
      attributes: { then_branch: { kind: 'graph', value: body } },
    };
    body = { ...body, nodes: [node] };
  }
  expect(() => indexOf(body)).toThrow(expect.objectContaining({ code: 'model/too-deep' }));
});

test('sorting moves a node behind its producers and no further', () => {
  const nodes = parseText(
    'c = Neg(b); a = Neg(x); b = Neg(a); d = Neg(x); e = If(x) {then_branch: graph "t" { f = Neg(g) }}; g = Neg(x)',
  ).graph.nodes;
  expect(inOrder(nodes).map((node) => node.outputs[0])).toEqual(['a', 'b', 'c', 'd', 'g', 'e']);
  const sorted = inOrder(nodes);
  expect(inOrder(sorted)).toEqual(sorted);
});

test('a chain of 100,000 nodes sorts without recursion', () => {
  const nodes = Array.from({ length: 100_000 }, (_, i): Node => ({
    name: '',
    op: 'Neg',
    domain: '',
    inputs: [`v${i + 1}`],
    outputs: [`v${i}`],
    attributes: {},
  }));
  expect(inOrder(nodes)[0]?.outputs).toEqual(['v99999']);
});
