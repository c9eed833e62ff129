import type { Change, Model, Node } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { emitter, int, ints } from '../training/emit.ts';
import { knowledgeOf } from '../training/knowledge.ts';
import { narrowNodes } from './narrow.ts';
import { pickOf } from './picks.ts';

/** A model in which places are taken early, and what was gained. */
export interface TakenEarly {
  readonly model: Model;
  /** One entry a place that is taken: the products that run for it alone. */
  readonly changes: readonly Change[];
  /** Nodes that take one place of something which all of has to be computed, so they stay as they are. */
  readonly left: readonly Node[];
}

/** A classifier reads one token of its encoder's last layer; what the layer computes for the other tokens reaches nothing but the next
 *  token's keys and values, and there is no next layer. Here the one place is taken before the layer: everything between that keeps places
 *  apart (products with weights, normalization, activations, a query's row of attention) runs for that place alone, forward and back.
 *  Answers are the same; values between keep their names and have size 1 on that axis. Nodes whose result anyone else reads stay as they are.
 *  `fixed`: values that must stay. The same model, without changes, where no product gets smaller. */
export const takePlaces = (model: Model, fixed: ReadonlySet<string> = new Set()): TakenEarly => {
  const known = knowledgeOf(model, emitter(model));
  const picks = new Map(
    model.graph.nodes.flatMap((node): [Node, number][] => {
      const place = pickOf(node, known);
      return place === null ? [] : [[node, place.index]];
    }),
  );
  let after = model;
  const changes: Change[] = [];
  for (const index of new Set(picks.values())) {
    const one = takeAt(after, index, fixed);
    after = one.model;
    changes.push(...one.changes);
  }
  const taken = new Set(changes.map(({ nodes }) => nodes[0]!));
  return { model: after, changes, left: [...picks.keys()].filter((node) => !taken.has(labelOf(node))) };
};

/** The model alone: see `takePlaces`. */
export const takeEarly = (model: Model, fixed?: ReadonlySet<string>): Model => takePlaces(model, fixed).model;

const takeAt = (model: Model, index: number, fixed: ReadonlySet<string>): Pick<TakenEarly, 'model' | 'changes'> => {
  const { graph } = model;
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  const thin = narrowNodes(model, index, fixed, known);
  const products = [...thin.keys()].filter(({ op }) => op === 'MatMul' || op === 'FusedMatMul');
  if (products.length === 0) return { model, changes: [] };

  const narrow = new Set([...thin.keys()].flatMap(({ outputs }) => outputs));
  const cut = new Map<string, string>();
  const nodes: Node[] = [];
  const changes: Change[] = [];
  const placeOf = (name: string, axis: number): string => {
    if (narrow.has(name)) return name;
    const key = `${axis} ${name}`;
    let taken = cut.get(key);
    if (taken === undefined) {
      cut.set(key, (taken = to.fresh('place')));
      const inputs = [name, to.integers([index])];
      nodes.push({ name: '', op: 'Gather', domain: '', inputs, outputs: [taken], attributes: { axis: int(axis) } });
    }
    return taken;
  };
  for (const node of graph.nodes) {
    const found = pickOf(node, known);
    const one = thin.get(node);
    if (found?.index === index && narrow.has(node.inputs[0]!)) {
      const [x = ''] = node.inputs;
      if (found.stays) nodes.push({ ...node, op: 'Identity', inputs: [x], attributes: {} });
      else if (to.opset < 13)
        nodes.push({ ...node, op: 'Squeeze', inputs: [x], attributes: { axes: ints([found.axis]) } });
      else nodes.push({ ...node, op: 'Squeeze', inputs: [x, to.integers([found.axis])], attributes: {} });
      const where = products.toReversed().map(labelOf);
      const what = `one place of ${x} is read: ${where.length} products run for it alone`;
      changes.push({ what, nodes: [labelOf(node), ...where] });
    } else if (one === undefined) nodes.push(node);
    else {
      const { axis, demands } = one;
      const inputs = node.inputs.map((name, i) => {
        const place = demands[i] ?? null;
        return place === null ? name : placeOf(name, place);
      });
      if (node.op !== 'Reshape') nodes.push({ ...node, inputs });
      else {
        const sizes = known
          .fact(node.outputs[0]!)!
          .dims!.map((dim, i) => (i <= axis ? 0 : typeof dim === 'number' ? dim : -1));
        nodes.push({ ...node, inputs: [inputs[0]!, to.integers(sizes)], attributes: {} });
      }
    }
  }
  return {
    changes,
    model: {
      ...model,
      graph: {
        ...graph,
        nodes,
        initializers: new Map([...graph.initializers, ...to.initializers]),
        values: new Map([...graph.values].filter(([name]) => !narrow.has(name))),
      },
    },
  };
};
