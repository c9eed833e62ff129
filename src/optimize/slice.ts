import type { Graph, Node } from '../contracts/index.ts';
import { capturesOfNode } from '../model/graph/index.ts';

const usesOf = (node: Node): readonly string[] => [
  ...node.inputs.filter((name) => name !== ''),
  ...capturesOfNode(node),
];

/** Nodes that some wanted values need when others are given, in graph order. */
export const sliceOf = (nodes: readonly Node[], wanted: readonly string[], given: ReadonlySet<string>): Node[] => {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const needed = new Set<Node>();
  const waiting = [...wanted];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const maker = given.has(name) ? undefined : makers.get(name);
    if (maker === undefined || needed.has(maker)) continue;
    needed.add(maker);
    waiting.push(...usesOf(maker));
  }
  return nodes.filter((node) => needed.has(node));
};

/** Nodes that depend on a value, in graph order. */
export const dependentsOf = (nodes: readonly Node[], value: string): Node[] => {
  const reached = new Set([value]);
  return nodes.filter((node) => {
    if (!usesOf(node).some((name) => reached.has(name))) return false;
    for (const name of node.outputs) if (name !== '') reached.add(name);
    return true;
  });
};

/** Names that nodes use and do not make. */
export const takenBy = (nodes: readonly Node[]): ReadonlySet<string> => {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  return new Set(nodes.flatMap((node) => usesOf(node)).filter((name) => !made.has(name)));
};

/** Weights of a graph, those that only `inner` nodes use apart from the rest. */
export const splitWeights = (
  { initializers }: Pick<Graph, 'initializers'>,
  inner: readonly Node[],
  outer: readonly Node[],
): { readonly inside: Graph['initializers']; readonly outside: Graph['initializers'] } => {
  const [within, around] = [takenBy(inner), takenBy(outer)];
  const belongs = (name: string): boolean => within.has(name) && !around.has(name);
  return {
    inside: new Map([...initializers].filter(([name]) => belongs(name))),
    outside: new Map([...initializers].filter(([name]) => !belongs(name))),
  };
};
