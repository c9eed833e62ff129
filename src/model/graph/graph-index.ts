import type { Graph, Node } from '../../contracts/index.ts';
import { capturesOfNode } from './scope.ts';

/** Who makes and who uses each value of one graph. Bodies of If, Loop and Scan count as uses by their node. */
export interface GraphIndex {
  /** The node that makes a value; undefined for inputs, initializers and unknown names. */
  producer(name: string): Node | undefined;
  /** Nodes that list the value among their inputs, each once, in graph order. */
  consumers(name: string): readonly Node[];
  /** Nodes whose bodies use the value. */
  capturedBy(name: string): readonly Node[];
  isInput(name: string): boolean;
  isOutput(name: string): boolean;
  isInitializer(name: string): boolean;
  /** Used by a node, a body or as a graph output. */
  isUsed(name: string): boolean;
}

const noNodes: readonly Node[] = [];

const push = (map: Map<string, Node[]>, name: string, node: Node): void => {
  const list = map.get(name);
  if (!list) map.set(name, [node]);
  else if (list.at(-1) !== node) list.push(node);
};

/** Index one graph, in one pass over its nodes. Errors: `model/too-deep`. */
export const indexOf = (graph: Graph): GraphIndex => {
  const producers = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  const captures = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) if (name !== '') producers.set(name, node);
    for (const name of node.inputs) if (name !== '') push(consumers, name, node);
    for (const name of capturesOfNode(node)) push(captures, name, node);
  }
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const outputs = new Set(graph.outputs.map((output) => output.name));
  return {
    producer: (name) => producers.get(name),
    consumers: (name) => consumers.get(name) ?? noNodes,
    capturedBy: (name) => captures.get(name) ?? noNodes,
    isInput: (name) => inputs.has(name),
    isOutput: (name) => outputs.has(name),
    isInitializer: (name) => graph.initializers.has(name) || (graph.sparse?.has(name) ?? false),
    isUsed: (name) => consumers.has(name) || captures.has(name) || outputs.has(name),
  };
};
