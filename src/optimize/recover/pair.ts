import type { Model, Node } from '../../contracts/index.ts';
import { hasSubgraph } from '../../model/graph/index.ts';

/** Names of the other model's values in the pair begin with this. */
export const prefix = 'steelyard_original/';

export interface Pair {
  readonly model: Model;
  /** The name in the pair of one of the original's values. */
  original(name: string): string;
}

/** Two models that read the same inputs as one graph, so that values of both can be compared inside one session. A reason where they
 *  cannot stand in one. */
export const pairOf = (model: Model, original: Model): Pair | string => {
  const shared = new Set(model.graph.inputs.map(({ name }) => name));
  const weights = original.graph.initializers;
  for (const { name } of original.graph.inputs)
    if (!shared.has(name) && !weights.has(name)) return `the earlier model reads ${name}, which this one does not`;
  if (original.graph.nodes.some(hasSubgraph)) return 'the earlier model has bodies (If, Loop or Scan)';
  if (original.functions.length > 0) return 'the earlier model has functions of its own';
  for (const [domain, version] of original.opsets)
    if ((model.opsets.get(domain) ?? version) !== version)
      return `the two models use different versions of the operator set ${domain === '' ? 'ai.onnx' : domain}`;
  const rename = (name: string): string =>
    name === '' || (shared.has(name) && !weights.has(name)) ? name : `${prefix}${name}`;
  const nodes = original.graph.nodes.map((node): Node => ({
    ...node,
    name: node.name === '' ? '' : `${prefix}${node.name}`,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const { graph } = model;
  return {
    original: rename,
    model: {
      ...model,
      opsets: new Map([...original.opsets, ...model.opsets]),
      graph: {
        ...graph,
        nodes: [...nodes, ...graph.nodes],
        initializers: new Map([
          ...[...weights].map(([name, tensor]) => [rename(name), tensor] as const),
          ...graph.initializers,
        ]),
      },
    },
  };
};
