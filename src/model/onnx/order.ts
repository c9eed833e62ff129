import type { Graph, Node } from '../../contracts/index.ts';

/** Every name that a node reads, those that its subgraphs read included (also names that a subgraph defines itself: harmless here). */
const readsOf = (node: Node): string[] => {
  const names = [...node.inputs];
  const collect = (graph: Graph): void => {
    for (const inner of graph.nodes) for (const name of readsOf(inner)) names.push(name);
    for (const output of graph.outputs) names.push(output.name);
  };
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.kind === 'graph') collect(attribute.value);
    else if (attribute.kind === 'graphs') attribute.value.forEach(collect);
  }
  return names;
};

/** Nodes so that each comes after those it reads from; the given order is kept as far as possible. Files may state another order
 *  (graph optimizers write such files and runtimes accept them). A graph with a cycle is returned as it is: `checkModel` reports it. */
export const inOrder = (nodes: readonly Node[]): readonly Node[] => {
  const producer = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '' && !producer.has(output)) producer.set(output, index);
  });
  const needs = nodes.map((node) => {
    const indices = new Set<number>();
    for (const name of readsOf(node)) {
      const index = producer.get(name);
      if (index !== undefined) indices.add(index);
    }
    return [...indices];
  });
  if (needs.every((indices, index) => indices.every((other) => other < index))) return nodes;

  const sorted: Node[] = [];
  const state = new Uint8Array(nodes.length); // 0 untouched, 1 its needs are being placed, 2 placed
  for (let start = 0; start < nodes.length; start++) {
    const stack = [start];
    while (stack.length > 0) {
      const index = stack.at(-1)!;
      if (state[index] === 2) {
        stack.pop();
        continue;
      }
      const open = needs[index]!.filter((other) => state[other] !== 2);
      if (open.length === 0) {
        state[index] = 2;
        sorted.push(nodes[index]!);
        stack.pop();
        continue;
      }
      if (state[index] === 1 || open.includes(index)) return nodes;
      state[index] = 1;
      // A need that is already waiting further down the stack closes a cycle.
      if (open.some((other) => state[other] === 1)) return nodes;
      for (const other of open.toReversed()) stack.push(other);
    }
  }
  return sorted;
};
