import type { Change, Graph, Model, Node, Refusal, TechniqueResult } from '../../contracts/index.ts';
import { hasSubgraph, labelOf, subgraphsOf } from './attributes.ts';
import { edit } from './edit.ts';
import type { Draft } from './edit.ts';
import { outerOf } from './outer.ts';
import { eachName, mapBodies, maximumDepth } from './scope.ts';
import type { Outer } from './shapes/infer.ts';

/** A model's graphs: the main one, then the bodies of If, Loop and Scan, outer before inner. */
export const graphsOf = (model: Pick<Model, 'graph'>): readonly Graph[] => {
  const found: Graph[] = [];
  const visit = (graph: Graph, depth: number): void => {
    found.push(graph);
    if (depth >= maximumDepth) return;
    for (const node of graph.nodes)
      if (hasSubgraph(node)) for (const { graph: body } of subgraphsOf(node)) visit(body, depth + 1);
  };
  visit(model.graph, 0);
  return found;
};

const tooOld =
  'its bodies stay as they are: the model is older than IR version 4 and lists weights as inputs; convert/opset changes that';

/** One edit per graph of a model, bodies before the graph around them. In a body's draft, `model.graph` is the body, and its
 *  outputs count as graph outputs. Types and sizes of captured values are known as far as the graphs around tell them;
 *  captured weights are no constants of the body (`constant` gives null), `captured` tells them. Bodies of models before IR
 *  version 4 are left alone, which a Refusal says: there every initializer must also be an input, and a body's inputs go by
 *  position.
 *  Errors: `model/too-deep`; whatever `work` throws. */
export const editEach = async (
  model: Model,
  work: (draft: Draft) => Promise<void> | void,
): Promise<TechniqueResult> => {
  const changes: Change[] = [];
  const skipped: Refusal[] = [];
  const all = new Set<string>();
  eachName(model.graph, (name) => all.add(name));

  const visit = async (outer: Model, body: boolean, around?: Outer): Promise<Model> => {
    const replaced = new Map<Node, Node>();
    let { opsets } = outer;
    const here = outerOf(outer, { body, ...(around ? { outer: around } : {}) });
    for (const node of outer.graph.nodes) {
      if (!hasSubgraph(node)) continue;
      if (outer.irVersion < 4) {
        skipped.push({ reason: tooOld, nodes: [labelOf(node)] });
        continue;
      }
      const bodies = new Map<Graph, Graph>();
      for (const { graph } of subgraphsOf(node)) {
        const inner = await visit({ ...outer, opsets, graph }, true, here);
        bodies.set(graph, inner.graph);
        ({ opsets } = inner);
      }
      const next = mapBodies(node, (graph) => bodies.get(graph) ?? graph);
      if (next !== node) replaced.set(node, next);
    }
    const inside =
      replaced.size === 0 && opsets === outer.opsets
        ? outer
        : {
            ...outer,
            opsets,
            graph: { ...outer.graph, nodes: outer.graph.nodes.map((node) => replaced.get(node) ?? node) },
          };
    const draft = edit(inside, { reserved: all, body, ...(around ? { outer: around } : {}) });
    await work(draft);
    const result = draft.done();
    // Another body may not define a name that this one made: bodies can lie inside each other.
    if (result.model !== inside) eachName(result.model.graph, (name) => all.add(name));
    changes.push(...result.changes);
    skipped.push(...result.skipped);
    return result.model;
  };
  return { model: await visit(model, false), changes, skipped };
};
