import type { Graph, Model, Tensor } from '../../../contracts/index.ts';
import { readTensorSync } from '../../tensor/index.ts';
import { constantValue, overridableOf } from '../constants.ts';
import { capturesOfNode } from '../scope.ts';
import { inferFacts } from '../shapes/infer.ts';
import type { Outer } from '../shapes/infer.ts';
import type { Inferred } from '../shapes/types.ts';
import type { Place } from './types.ts';

/** One graph of a model under conversion, and what its bodies may ask about it. */
export interface Level extends Outer {
  readonly place: Place;
  /** Constants that adapters added. */
  readonly added: ReadonlyMap<string, Tensor>;
}

const usedNames = (graph: Graph): ReadonlySet<string> => {
  const used = new Set(graph.outputs.map((one) => one.name));
  for (const node of graph.nodes) {
    for (const name of node.inputs) used.add(name);
    for (const name of capturesOfNode(node)) used.add(name);
  }
  return used;
};

/** Everything is found out when first asked for: most models need no types at all. Facts are those of the model as it was;
 *  conversion keeps names and meanings, so they stay true. */
export const levelOf = (
  model: Model,
  graph: Graph,
  outer: Level | null,
  shared: { readonly target: number; readonly fresh: (hint: string) => string; readonly enlarging: Set<string> },
): Level => {
  const added = new Map<string, Tensor>();
  const known = new Map<string, string>();
  const overridable = outer ? new Set<string>() : overridableOf(model, graph);
  let constants: Map<string, Tensor> | null = null;
  let defined: Set<string> | null = null;
  let used: ReadonlySet<string> | null = null;
  let proven: ReadonlyMap<string, Inferred | null> | null = null;
  let stated: ReadonlyMap<string, Inferred | null> | null = null;

  const isLocal = (name: string): boolean => {
    defined ??= new Set([
      ...graph.inputs.map((one) => one.name),
      ...graph.initializers.keys(),
      ...(graph.sparse?.keys() ?? []),
      ...graph.nodes.flatMap((node) => node.outputs),
    ]);
    return defined.has(name);
  };
  const constant = (name: string): Tensor | null => {
    const made = added.get(name);
    if (made) return made;
    if (name === '') return null;
    if (!isLocal(name)) return outer?.constant(name) ?? null;
    if (overridable.has(name)) return null;
    if (constants === null) {
      constants = new Map(graph.initializers);
      for (const node of graph.nodes) {
        const value = constantValue(node);
        if (value && node.outputs[0]) constants.set(node.outputs[0], value);
      }
    }
    return constants.get(name) ?? null;
  };
  const infer = (useStated: boolean): ReadonlyMap<string, Inferred | null> =>
    inferFacts({ ...model, graph }, { useStated, body: outer !== null, ...(outer ? { outer } : {}) });
  const fact = (name: string): Inferred | null => {
    if (!isLocal(name)) return outer?.fact(name) ?? null;
    proven ??= infer(false);
    return proven.get(name) ?? null;
  };
  const place: Place = {
    target: shared.target,
    enlarging: shared.enlarging,
    fresh: shared.fresh,
    constant,
    dims: (name) => fact(name)?.dims ?? null,
    // A file that states a wrong element type does not load at all; a wrong size goes unnoticed.
    dtype: (name) => {
      const sure = fact(name)?.dtype ?? added.get(name)?.dtype;
      if (sure) return sure;
      if (!isLocal(name)) return outer?.place.dtype(name) ?? null;
      stated ??= infer(true);
      return stated.get(name)?.dtype ?? null;
    },
    isUsed: (name) => {
      used ??= usedNames(graph);
      return used.has(name);
    },
    weight: (hint, value) => {
      const key = `${value.dtype} ${value.dims.join()} ${Buffer.from(readTensorSync(value)).toString('base64')}`;
      const same = known.get(key);
      if (same !== undefined) return same;
      const name = shared.fresh(`opset_${hint}`);
      added.set(name, value);
      known.set(key, name);
      return name;
    },
  };
  return { place, added, fact, constant };
};
