import { SteelyardError } from '../../contracts/index.ts';
import type { Node } from '../../contracts/index.ts';
import { describe } from './attributes.ts';
import { capturesOfNode } from './scope.ts';

/** Topological order that keeps the given order wherever it is already right: each node is moved behind its producers and
 *  no further. Time: O(nodes + edges). Errors: `model/cycle` with one node on the cycle. */
export const inOrder = (nodes: readonly Node[]): readonly Node[] => {
  const producer = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') producer.set(name, node);
  const sorted: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const needs = (node: Node): Node[] => {
    const found: Node[] = [];
    const add = (name: string): void => {
      const maker = producer.get(name);
      if (maker && state.get(maker) !== 'done') found.push(maker);
    };
    node.inputs.forEach(add);
    capturesOfNode(node).forEach(add);
    return found;
  };
  for (const root of nodes) {
    if (state.has(root)) continue;
    state.set(root, 'open');
    const stack = [{ node: root, waiting: needs(root), next: 0 }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const need = top.waiting[top.next++];
      if (need === undefined) {
        state.set(top.node, 'done');
        sorted.push(top.node);
        stack.pop();
      } else if (state.get(need) === 'open') {
        throw new SteelyardError('model/cycle', `the graph has a cycle through ${describe(need)}`);
      } else if (!state.has(need)) {
        state.set(need, 'open');
        stack.push({ node: need, waiting: needs(need), next: 0 });
      }
    }
  }
  return sorted;
};
