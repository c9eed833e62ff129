import type { Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, fromTensor, inferFacts, inferNode, type Inferred } from '../../model/graph/index.ts';
import type { Emitter } from './emit.ts';

/** What is known about the values of a model and of nodes that are written behind it. */
export interface Knowledge {
  fact(name: string): Inferred | null;
  /** The constant behind a name; null when it is computed. */
  constant(name: string): Tensor | null;
  /** Takes a node in: what its inputs tell about its outputs. */
  learn(node: Node): void;
}

/** Start from a model. `to` writes behind it; its constants are known too. */
export const knowledgeOf = (model: Model, to: Pick<Emitter, 'initializers'>): Knowledge => {
  const facts = new Map(inferFacts(model));
  const constants = new Map(model.graph.initializers);
  for (const node of model.graph.nodes) {
    const value = constantValue(node);
    if (value !== null && node.outputs[0]) constants.set(node.outputs[0], value);
  }
  const constant = (name: string): Tensor | null => constants.get(name) ?? to.initializers.get(name) ?? null;
  const fact = (name: string): Inferred | null => {
    const known = facts.get(name);
    if (known) return known;
    const value = to.initializers.get(name);
    return value === undefined ? null : fromTensor(value);
  };
  return {
    fact,
    constant,
    learn: (node) => {
      const open = node.outputs.some((name) => name !== '' && (facts.get(name)?.dims ?? null) === null);
      if (!open) return;
      inferNode(node, { opsets: model.opsets, lookup: fact, constant }).forEach((found, i) => {
        const name = node.outputs[i] ?? '';
        if (name !== '' && found && (facts.get(name)?.dims ?? null) === null) facts.set(name, found);
      });
    },
  };
};
