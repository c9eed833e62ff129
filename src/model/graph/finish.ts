import type { Change, Graph, Model, Node, Refusal, TechniqueResult, Tensor } from '../../contracts/index.ts';
import { labelOf } from './attributes.ts';
import { inOrder } from './order.ts';
import { capturesOfNode } from './scope.ts';

/** What is left of an edit when it ends. */
export interface Edited {
  readonly nodes: readonly Node[];
  readonly added: ReadonlyMap<string, Tensor>;
  readonly opsets: ReadonlyMap<string, number>;
  /** Initializers that are part of the signature. */
  readonly overridable: ReadonlySet<string>;
  /** The graph is a body of If, Loop or Scan. */
  readonly body: boolean;
}

/** Nodes that some output needs, in the given order, and every name that they and the outputs use. */
export const reachable = (
  graph: Graph,
  nodes: readonly Node[],
): { readonly live: readonly Node[]; readonly used: ReadonlySet<string> } => {
  const producer = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') producer.set(name, node);
  const used = new Set<string>();
  const live = new Set<Node>();
  const waiting = graph.outputs.map((output) => output.name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    const node = producer.get(name);
    if (!node || live.has(node)) continue;
    live.add(node);
    waiting.push(...node.inputs.filter((input) => input !== ''), ...capturesOfNode(node));
  }
  return { live: nodes.filter((node) => live.has(node)), used };
};

const sameMap = <T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean =>
  a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);

/** Put an edited model together: drop what no output needs, sort, and keep every untouched part of the old model.
 *  Before IR version 4 initializers had to be graph inputs; such a model is raised to version 4 and its initializers leave
 *  the input list, where they only repeated the weights. Types that the file states for dropped values go with them.
 *  Errors: `model/cycle`. */
export const finish = (
  model: Model,
  edited: Edited,
  changes: readonly Change[],
  skipped: readonly Refusal[],
): TechniqueResult => {
  const { graph } = model;
  const { live, used } = reachable(graph, edited.nodes);
  const nodes = inOrder(live);
  const raise = model.irVersion < 4 && !edited.body;
  const keep = ([name]: readonly [string, unknown]): boolean => used.has(name) || edited.overridable.has(name);
  const initializers = new Map([...graph.initializers, ...edited.added].filter(keep));
  const defined = new Set<string>(graph.outputs.map((one) => one.name));
  for (const node of nodes) for (const name of node.outputs) defined.add(name);
  const values = new Map([...graph.values].filter(([name]) => defined.has(name) || initializers.has(name)));
  const alive = new Set([...reachable(graph, graph.nodes).live, ...live]);
  const dropped = graph.nodes.filter((node) => !alive.has(node));
  const unused =
    dropped.length > 0 ? [{ what: 'dropped: no output of the model needs it', nodes: dropped.map(labelOf) }] : [];
  const sparse = graph.sparse && new Map([...graph.sparse].filter(keep));
  const sameNodes = nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i]);
  const next: Graph = {
    ...graph,
    nodes: sameNodes ? graph.nodes : nodes,
    initializers: sameMap(initializers, graph.initializers) ? graph.initializers : initializers,
    values: values.size === graph.values.size ? graph.values : values,
    ...(sparse ? { sparse } : {}),
    inputs: raise
      ? graph.inputs.filter((one) => !graph.initializers.has(one.name) && !graph.sparse?.has(one.name))
      : graph.inputs,
  };
  return {
    model: { ...model, graph: next, opsets: edited.opsets, irVersion: raise ? 4 : model.irVersion },
    changes: [...changes, ...unused],
    skipped,
  };
};
