import type { Attribute, Graph, Node } from '../contracts/index.ts';

/** The node with every value name in it, bodies included, put through `rename`, and its own name with the prefix in front.
 *  An omitted input or output stays omitted. */
export const renameNode = (node: Node, rename: (name: string) => string, prefix: string): Node => {
  const each = (names: readonly string[]): string[] => names.map((name) => (name === '' ? '' : rename(name)));
  const attributes: Record<string, Attribute> = {};
  for (const [name, attribute] of Object.entries(node.attributes)) {
    if (attribute.kind === 'graph')
      attributes[name] = { ...attribute, value: renameGraph(attribute.value, rename, prefix) };
    else if (attribute.kind === 'graphs')
      attributes[name] = { ...attribute, value: attribute.value.map((body) => renameGraph(body, rename, prefix)) };
    else attributes[name] = attribute;
  }
  return {
    ...node,
    name: node.name === '' ? '' : `${prefix}${node.name}`,
    inputs: each(node.inputs),
    outputs: each(node.outputs),
    attributes,
  };
};

/** A graph with every value name in it put through `rename`. Types that the file states for inner values are left out. */
export const renameGraph = (graph: Graph, rename: (name: string) => string, prefix: string): Graph => ({
  ...graph,
  inputs: graph.inputs.map((one) => ({ ...one, name: rename(one.name) })),
  outputs: graph.outputs.map((one) => ({ ...one, name: rename(one.name) })),
  nodes: graph.nodes.map((node) => renameNode(node, rename, prefix)),
  initializers: new Map([...graph.initializers].map(([name, tensor]) => [rename(name), tensor])),
  values: new Map(),
});
