import { expect, test } from 'vitest';
import type { Graph, Node } from '../../contracts/index.ts';
import { inOrder } from './order.ts';

const node = (inputs: string, outputs: string, body?: Graph): Node => ({
  name: outputs,
  op: 'Op',
  domain: '',
  inputs: inputs.split(' '),
  outputs: outputs.split(' '),
  attributes: body ? { body: { kind: 'graph', value: body } } : {},
});
const graph = (nodes: Node[]): Graph => ({
  name: '',
  inputs: [],
  outputs: [],
  nodes,
  initializers: new Map(),
  values: new Map(),
});
const names = (nodes: readonly Node[]): string => nodes.map(({ name }) => name).join(' ');

test('keeps an order that is right', () => {
  const nodes = [node('x', 'a'), node('x', 'b'), node('a b', 'c')];
  expect(inOrder(nodes)).toBe(nodes);
});
test('moves only what a node needs in front of it', () => {
  expect(names(inOrder([node('c', 'd'), node('x', 'e'), node('b', 'c'), node('x', 'b'), node('d e', 'f')]))).toBe(
    'b c d e f',
  );
});
test('shared needs are placed once', () => {
  expect(names(inOrder([node('b c', 'd'), node('a', 'b'), node('a', 'c'), node('x', 'a')]))).toBe('a b c d');
});
test('sees through subgraphs', () => {
  expect(names(inOrder([node('x', 'if', graph([node('late', 'inner')])), node('x', 'late')]))).toBe('late if');
});
test('leaves cycles as they are', () => {
  for (const nodes of [
    [node('b', 'a'), node('a', 'b')],
    [node('a', 'a')],
    [node('b', 'a'), node('c', 'b'), node('a', 'c'), node('x', 'd')],
  ])
    expect(inOrder(nodes)).toBe(nodes);
});
test('a chain of 200,000 nodes in reverse order does not overflow the stack', () => {
  const count = 200_000;
  const nodes = Array.from({ length: count }, (_, index) => node(`v${count - index - 1}`, `v${count - index}`));
  expect(inOrder(nodes).at(0)?.inputs).toEqual(['v0']);
});
