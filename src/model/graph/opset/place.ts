import type { Graph, Model, Tensor } from '../../../contracts/index.ts';
import { readTensorSync } from '../../tensor/index.ts';
import { outerOf } from '../outer.ts';
import { capturesOfNode } from '../scope.ts';
import type { Outer } from '../shapes/infer.ts';
import type { Place } from './types.ts';

/** One graph of a model under conversion, and what its bodies may ask about it. */
export interface Level {
  readonly place: Place;
  /** Constants that adapters added. */
  readonly added: ReadonlyMap<string, Tensor>;
  /** What follows from the graphs alone, and what follows when the file is believed. */
  readonly proven: Outer;
  readonly stated: Outer;
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
  let used: ReadonlySet<string> | null = null;
  const around = (useStated: boolean): Outer =>
    outerOf(
      { ...model, graph },
      outer ? { useStated, body: true, outer: useStated ? outer.stated : outer.proven } : { useStated },
    );
  const [proven, stated] = [around(false), around(true)];
  const place: Place = {
    target: shared.target,
    enlarging: shared.enlarging,
    fresh: shared.fresh,
    constant: (name) => added.get(name) ?? (name === '' ? null : proven.constant(name)),
    dims: (name) => proven.fact(name)?.dims ?? null,
    // A file that states a wrong element type does not load at all; a wrong size goes unnoticed.
    dtype: (name) => proven.fact(name)?.dtype ?? stated.fact(name)?.dtype ?? null,
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
  return { place, added, proven, stated };
};
