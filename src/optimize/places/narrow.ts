import type { Model, Node } from '../../contracts/index.ts';
import { capturesOfNode } from '../../model/graph/index.ts';
import type { Knowledge } from '../training/knowledge.ts';
import { demandsOf, type Demands } from './demands.ts';
import { numbersIn, pickOf } from './picks.ts';

/** A node that runs for one place alone: on which axis of its output, and what it takes of its inputs. */
export interface Narrow {
  readonly axis: number;
  readonly demands: Demands;
}

/** How often a value is read, by nodes, bodies, and whoever runs the model. */
const countReads = ({ graph }: Model): ReadonlyMap<string, number> => {
  const reads = new Map<string, number>();
  const all = graph.nodes.flatMap((node) => [...node.inputs, ...capturesOfNode(node)]);
  for (const name of [...all, ...graph.outputs.map((output) => output.name)])
    reads.set(name, (reads.get(name) ?? 0) + 1);
  return reads;
};

/** Nodes of which only one place is asked for by whoever reads them, from the last to the first. The picks of place `index` ask first.
 *  `fixed`: values that must stay as they are. */
export const narrowNodes = (
  model: Model,
  index: number,
  fixed: ReadonlySet<string>,
  known: Knowledge,
): ReadonlyMap<Node, Narrow> => {
  const reads = countReads(model);
  const asked = new Map<string, { axis: number | null; count: number }>();
  const ask = (name: string, axis: number): void => {
    const one = asked.get(name);
    if (one === undefined) asked.set(name, { axis, count: 1 });
    else asked.set(name, { axis: one.axis === axis ? axis : null, count: one.count + 1 });
  };
  const narrow = new Map<Node, Narrow>();
  for (const node of model.graph.nodes.toReversed()) {
    const found = pickOf(node, known);
    if (found?.index === index) {
      ask(node.inputs[0]!, found.axis);
      continue;
    }
    const [output = '', ...more] = node.outputs;
    const one = asked.get(output);
    if (one === undefined || one.axis === null || one.count !== reads.get(output) || fixed.has(output)) continue;
    if (more.some((name) => reads.has(name) || fixed.has(name))) continue;
    const demands = demandsOf(
      node,
      one.axis,
      model.opsets.get('') ?? 1,
      (name) => known.fact(name)?.dims ?? null,
      (name) => numbersIn(known.fact(name)),
    );
    if (demands === null) continue;
    narrow.set(node, { axis: one.axis, demands });
    demands.forEach((axis, i) => axis !== null && ask(node.inputs[i]!, axis));
  }
  return narrow;
};
