import type { Model } from '../../contracts/index.ts';
import { eachName } from '../../model/graph/index.ts';

/** Give changed weights the names of those they replaced, where nothing uses the old ones any more. `replaced`: new name → old name. */
export const settleNames = (model: Model, replaced: ReadonlyMap<string, string>): Model => {
  const taken = new Set<string>();
  eachName(model.graph, (name) => taken.add(name));
  const back = new Map<string, string>();
  for (const [name, old] of replaced) {
    if (!model.graph.initializers.has(name) || taken.has(old)) continue;
    taken.add(old);
    back.set(name, old);
  }
  if (back.size === 0) return model;
  const named = (name: string): string => back.get(name) ?? name;
  const { graph } = model;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.inputs.some((name) => back.has(name)) ? { ...node, inputs: node.inputs.map(named) } : node,
      ),
      initializers: new Map([...graph.initializers].map(([name, tensor]) => [named(name), tensor])),
    },
  };
};
