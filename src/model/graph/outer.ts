import type { Model, Tensor } from '../../contracts/index.ts';
import { constantValue, overridableOf } from './constants.ts';
import { inferFacts } from './shapes/infer.ts';
import type { Outer } from './shapes/infer.ts';
import type { Inferred } from './shapes/types.ts';

/** What a graph tells the bodies of its nodes about the values that they capture. A name that the graph does not define is
 *  asked of the graph around it, if there is one. Everything is worked out at the first question.
 *  Errors: `model/data` when a small constant cannot be read. Source: ONNX IR specification, "Names Within a Graph". */
export const outerOf = (
  model: Model,
  options: { readonly useStated?: boolean; readonly body?: boolean; readonly outer?: Outer } = {},
): Outer => {
  const { graph } = model;
  const { outer, body = false } = options;
  let defined: ReadonlySet<string> | null = null;
  let constants: ReadonlyMap<string, Tensor> | null = null;
  let facts: ReadonlyMap<string, Inferred | null> | null = null;
  const isOwn = (name: string): boolean => {
    defined ??= new Set([
      ...graph.inputs.map((one) => one.name),
      ...graph.initializers.keys(),
      ...(graph.sparse?.keys() ?? []),
      ...graph.nodes.flatMap((node) => node.outputs),
    ]);
    return defined.has(name);
  };
  const findConstants = (): ReadonlyMap<string, Tensor> => {
    const found = new Map(graph.initializers);
    for (const name of body ? graph.inputs.map((one) => one.name) : overridableOf(model, graph)) found.delete(name);
    for (const node of graph.nodes) {
      const value = constantValue(node);
      if (value && node.outputs[0]) found.set(node.outputs[0], value);
    }
    return found;
  };
  return {
    fact: (name) => {
      if (!isOwn(name)) return outer?.fact(name) ?? null;
      facts ??= inferFacts(model, options);
      return facts.get(name) ?? null;
    },
    constant: (name) => {
      if (!isOwn(name)) return outer?.constant(name) ?? null;
      constants ??= findConstants();
      return constants.get(name) ?? null;
    },
  };
};
