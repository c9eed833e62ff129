import type { Graph, Node, ValueInfo } from '../../../contracts/index.ts';
import { capturesOfNode } from '../scope.ts';

/** Outputs when none are stated: values of nodes that nothing uses, in order. */
export const impliedOutputs = (graph: Pick<Graph, 'nodes'>): readonly ValueInfo[] => {
  const used = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) used.add(name);
    for (const name of capturesOfNode(node)) used.add(name);
  }
  return graph.nodes
    .flatMap((node) => node.outputs)
    .filter((name) => name !== '' && !used.has(name))
    .map((name) => ({ name, type: null }));
};

/** Inputs that follow from use: names that nothing defines, in the order of their first use. */
export const impliedInputs = (
  nodes: readonly Node[],
  defined: ReadonlySet<string>,
  outputs: readonly ValueInfo[],
): readonly ValueInfo[] => {
  const made = new Set(defined);
  for (const node of nodes) for (const name of node.outputs) made.add(name);
  const found = new Map<string, ValueInfo>();
  const use = (name: string): void => {
    if (name === '' || made.has(name) || found.has(name)) return;
    found.set(name, { name, type: { kind: 'tensor', dtype: 'float32', dims: null } });
  };
  for (const node of nodes) {
    node.inputs.forEach(use);
    capturesOfNode(node).forEach(use);
  }
  for (const output of outputs) use(output.name);
  return [...found.values()];
};
