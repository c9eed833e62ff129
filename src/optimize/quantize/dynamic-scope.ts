import type { Graph, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, hasSubgraph, overridableOf, subgraphsOf, type Draft } from '../../model/graph/index.ts';

/** What a name means in one graph of a model: its own constants, and for bodies those of the graphs around them. */
export interface Scope {
  /** The graph is the main one. */
  readonly main: boolean;
  /** The constant behind a name, whether the graph defines it or a graph around it does; null for anything computed, fed or overridable. */
  constant(draft: Draft, name: string): Tensor | null;
}

/** What one graph says about a name: its constant, null for another kind of value, undefined when it does not define it. */
type Lookup = (name: string) => Tensor | null | undefined;

const maximumDepth = 64;

const lookupOf = (model: Model, graph: Graph, main: boolean): Lookup => {
  const overridable = main ? overridableOf(model, graph) : new Set<string>();
  let makers: Map<string, Node> | null = null;
  const inputs = new Set(graph.inputs.map((one) => one.name));
  return (name) => {
    if (overridable.has(name)) return null;
    const weight = graph.initializers.get(name);
    if (weight !== undefined) return weight;
    if (inputs.has(name) || graph.sparse?.has(name) === true) return null;
    makers ??= new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    const maker = makers.get(name);
    return maker === undefined ? undefined : constantValue(maker);
  };
};

/** One scope a graph of the model, in the order in which `editEach` visits them: bodies before the graph around them, the main graph last.
 *  Time: one pass over the graphs that hold bodies. */
export const scopesOf = (model: Model): readonly Scope[] => {
  const scopes: Scope[] = [];
  const visit = (graph: Graph, outer: readonly Lookup[], main: boolean): void => {
    const own = lookupOf(model, graph, main);
    // Deeper nesting is refused by the editor.
    for (const node of model.irVersion < 4 || outer.length > maximumDepth ? [] : graph.nodes)
      if (hasSubgraph(node)) for (const { graph: body } of subgraphsOf(node)) visit(body, [own, ...outer], false);
    scopes.push({
      main,
      constant: (draft, name) => {
        if (name === '') return null;
        const mine = draft.constant(name) ?? own(name);
        if (mine !== undefined) return mine;
        for (const look of outer) {
          const found = look(name);
          if (found !== undefined) return found;
        }
        return null;
      },
    });
  };
  visit(model.graph, [], true);
  return scopes;
};
