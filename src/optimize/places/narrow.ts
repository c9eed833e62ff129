import type { Model, Node } from '../../contracts/index.ts';
import { capturesOfNode } from '../../model/graph/index.ts';
import type { Knowledge } from '../writing/knowledge.ts';
import { demandsOf, whyWhole, type Demands, type DimsOf } from './demands.ts';
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

/** Nodes of a model that can run for one place alone, and why others that were asked for one place cannot. */
export interface Narrowed {
  /** From the last to the first. */
  readonly nodes: ReadonlyMap<Node, Narrow>;
  /** A reason for each node that computes all places although some reader asks for one; `proof`: for want of a proof about the node itself,
   *  not because others read its result. */
  readonly whole: ReadonlyMap<Node, { readonly reason: string; readonly proof: boolean }>;
}

/** Nodes of which only one place is asked for by whoever reads them. The picks of place `index` ask first.
 *  `fixed`: values that must stay as they are. */
export const narrowNodes = (model: Model, index: number, fixed: ReadonlySet<string>, known: Knowledge): Narrowed => {
  const reads = countReads(model);
  const asked = new Map<string, { axis: number | null; count: number }>();
  const ask = (name: string, axis: number): void => {
    const one = asked.get(name);
    if (one === undefined) asked.set(name, { axis, count: 1 });
    else asked.set(name, { axis: one.axis === axis ? axis : null, count: one.count + 1 });
  };
  const narrow = new Map<Node, Narrow>();
  const whole = new Map<Node, { reason: string; proof: boolean }>();
  const dimsOf: DimsOf = (name) => known.fact(name)?.dims ?? null;
  for (const node of model.graph.nodes.toReversed()) {
    const found = pickOf(node, known);
    if (found?.index === index) {
      ask(node.inputs[0]!, found.axis);
      continue;
    }
    const [output = '', ...more] = node.outputs;
    const one = asked.get(output);
    if (one === undefined) continue;
    const shared =
      one.axis === null ||
      one.count !== reads.get(output) ||
      [output, ...more].some((name) => fixed.has(name)) ||
      more.some((name) => reads.has(name));
    if (one.axis === null || shared) {
      whole.set(node, { reason: `other places of the result are read too: of ${output}`, proof: false });
      continue;
    }
    const demands = demandsOf(node, one.axis, model.opsets.get('') ?? 1, dimsOf, (name) => numbersIn(known.fact(name)));
    if (demands === null) {
      whole.set(node, { reason: whyWhole(node, dimsOf), proof: true });
      continue;
    }
    narrow.set(node, { axis: one.axis, demands });
    demands.forEach((axis, i) => axis !== null && ask(node.inputs[i]!, axis));
  }
  return { nodes: narrow, whole };
};
