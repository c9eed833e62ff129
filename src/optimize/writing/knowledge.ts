import type { Dim, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, fromTensor, inferFacts, inferNode, type Inferred } from '../../model/graph/index.ts';
import type { Emitter } from './emit.ts';

/** What is known about the values of a model and of nodes that are written behind it. A size that nothing tells has a name of its
 *  own, so that values which got it from the same place are known to be alike. */
export interface Knowledge {
  fact(name: string): Inferred | null;
  /** The constant behind a name; null when it is computed. */
  constant(name: string): Tensor | null;
  /** The node that makes a value; null for inputs and constants. */
  maker(name: string): Node | null;
  /** Takes a node in: what its inputs tell about its outputs. */
  learn(node: Node): void;
}

/** Two true statements about a size: a number says most, then a name that the model itself gives. */
const better = (stated: Dim, found: Dim): Dim =>
  typeof stated === 'number' ? stated : typeof found === 'number' ? found : (stated ?? found);

/** Start from a model. `to` writes behind it; its constants are known too. */
export const knowledgeOf = (model: Model, to: Pick<Emitter, 'initializers'>): Knowledge => {
  const stated = inferFacts(model);
  const facts = new Map<string, Inferred>();
  const constants = new Map(model.graph.initializers);
  for (const node of model.graph.nodes) {
    const value = constantValue(node);
    if (value !== null && node.outputs[0]) constants.set(node.outputs[0], value);
  }
  let unnamed = 0;
  // No exporter begins a name with a space.
  const named = (dims: readonly Dim[]): readonly Dim[] =>
    dims.includes(null) ? dims.map((dim) => dim ?? ` ?${++unnamed}`) : dims;
  const joined = (first: Inferred | null, found: Inferred | null): Inferred | null => {
    if (first === null || found === null) return first ?? found;
    if (first.other || found.other) return first;
    const [a, b] = [first.dims, found.dims];
    const dims = a === null || b === null || a.length !== b.length ? (a ?? b) : a.map((dim, i) => better(dim, b[i]!));
    const data = found.data ?? first.data;
    return { dtype: first.dtype ?? found.dtype, dims, ...(data === undefined ? {} : { data }) };
  };
  const keep = (name: string, value: Inferred | null): void => {
    if (name !== '' && value !== null)
      facts.set(name, value.dims === null ? value : { ...value, dims: named(value.dims) });
  };
  const constant = (name: string): Tensor | null => constants.get(name) ?? to.initializers.get(name) ?? null;
  const fact = (name: string): Inferred | null => {
    const known = facts.get(name);
    if (known) return known;
    const value = to.initializers.get(name);
    return value === undefined ? (stated.get(name) ?? null) : fromTensor(value);
  };
  const makers = new Map<string, Node>();
  const learn = (node: Node): void => {
    for (const name of node.outputs) makers.set(name, node);
    const isKnown = node.outputs.every((name) => name === '' || (facts.get(name)?.dims ?? null) !== null);
    if (isKnown) return;
    const found = inferNode(node, { opsets: model.opsets, lookup: fact, constant });
    node.outputs.forEach((name, i) =>
      keep(name, joined(facts.get(name) ?? stated.get(name) ?? null, found[i] ?? null)),
    );
  };
  for (const { name } of model.graph.inputs) keep(name, stated.get(name) ?? null);
  for (const node of model.graph.nodes) learn(node);
  return { fact, constant, maker: (name) => makers.get(name) ?? null, learn };
};
