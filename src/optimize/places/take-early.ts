import type { Change, Model, Node, ValueInfo } from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { emitter, int, ints } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { narrowNodes } from './narrow.ts';
import { pickOf } from './picks.ts';
import { heldUp, isProduct, whyLeft, type Whole } from './reasons.ts';

/** A model in which places are taken early, and what was gained. */
export interface TakenEarly {
  readonly model: Model;
  /** One entry a place that is taken: the products that run for it alone. */
  readonly changes: readonly Change[];
  /** Nodes that take one place of something which all of has to be computed, so they stay as they are. */
  readonly left: readonly Whole[];
  /** Where a change ends for want of a proof, with products before it. */
  readonly held: readonly Whole[];
}

export interface Taking {
  /** Values that must stay. */
  readonly fixed?: ReadonlySet<string>;
  /** The same bits. ONNX Runtime multiplies one row by a computed matrix with another kernel than several rows, and that one adds up in
   *  another order: where a row of attention is among what is taken, the place is taken twice, and the first of both is read. */
  readonly exact?: boolean;
}

const nothing: ReadonlySet<string> = new Set();

/** A classifier reads one token of its encoder's last layer; what the layer computes for the other tokens reaches nothing but the next
 *  token's keys and values, and there is no next layer. Here the one place is taken before the layer: everything between that keeps places
 *  apart (products with weights, normalization, activations, a query's row of attention) runs for that place alone, forward and back.
 *  Answers are the same; values between keep their names and have size 1 (`exact`: or 2) on that axis. Nodes whose result anyone else reads stay
 *  as they are. The same model, without changes, where no product gets smaller. */
export const takePlaces = (model: Model, { fixed = nothing, exact = false }: Taking = {}): TakenEarly => {
  const known = knowledgeOf(model, emitter(model));
  const indices = model.graph.nodes.flatMap((node) => pickOf(node, known)?.index ?? []);
  const empty: TakenEarly = { model, changes: [], left: [], held: [] };
  return [...new Set(indices)].reduce<TakenEarly>((done, index) => {
    const one = takeAt(done.model, index, fixed, exact);
    return {
      model: one.model,
      changes: [...done.changes, ...one.changes],
      left: [...done.left, ...one.left],
      held: [...done.held, ...one.held],
    };
  }, empty);
};

/** The model alone: see `takePlaces`. */
export const takeEarly = (model: Model, fixed?: ReadonlySet<string>): Model =>
  takePlaces(model, fixed === undefined ? {} : { fixed }).model;

const takeAt = (model: Model, index: number, fixed: ReadonlySet<string>, exact: boolean): TakenEarly => {
  const { graph } = model;
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  const narrowed = narrowNodes(model, index, fixed, known);
  const thin = narrowed.nodes;
  const products = [...thin.keys()].filter(isProduct);
  const picks = graph.nodes.filter((node) => pickOf(node, known)?.index === index);
  const leave = (some: readonly Node[]): readonly Whole[] =>
    some.map((node) => ({ node, reason: whyLeft(node, narrowed, known) }));
  if (products.length === 0) return { model, changes: [], left: leave(picks), held: [] };

  const twice = exact && products.some(({ inputs }) => known.constant(inputs[1]!) === null);
  const places = to.integers(twice ? [index, index] : [index]);
  const narrow = new Set([...thin.keys()].flatMap(({ outputs }) => outputs));
  const axes = new Map([...thin].map(([{ outputs }, { axis }]) => [outputs[0]!, axis]));
  /** What the file says about a value, with the places that are left. */
  const stated = (one: ValueInfo): [string, ValueInfo][] => {
    const { name, type } = one;
    const axis = axes.get(name);
    if (type?.kind !== 'tensor' || axis === undefined || axis >= (type.dims?.length ?? 0)) return [];
    return [[name, { ...one, type: { ...type, dims: type.dims!.with(axis, twice ? 2 : 1) } }]];
  };
  const cut = new Map<string, string>();
  const nodes: Node[] = [];
  const changes: Change[] = [];
  const placeOf = (name: string, axis: number): string => {
    if (narrow.has(name)) return name;
    const key = `${axis} ${name}`;
    let taken = cut.get(key);
    if (taken === undefined) {
      cut.set(key, (taken = to.fresh('place')));
      const inputs = [name, places];
      nodes.push({ name: '', op: 'Gather', domain: '', inputs, outputs: [taken], attributes: { axis: int(axis) } });
    }
    return taken;
  };
  for (const node of graph.nodes) {
    const found = pickOf(node, known);
    const one = thin.get(node);
    if (found?.index === index && narrow.has(node.inputs[0]!)) {
      const [x = ''] = node.inputs;
      if (twice) {
        const first = found.stays ? to.integers([0]) : to.add('first', tensor('int64', [], BigInt64Array.of(0n)));
        nodes.push({ ...node, op: 'Gather', inputs: [x, first], attributes: { axis: int(found.axis) } });
      } else if (found.stays) nodes.push({ ...node, op: 'Identity', inputs: [x], attributes: {} });
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
    left: leave(picks.filter(({ inputs }) => !narrow.has(inputs[0]!))),
    held: heldUp(narrowed, known),
    model: {
      ...model,
      graph: {
        ...graph,
        nodes,
        initializers: new Map([...graph.initializers, ...to.initializers]),
        values: new Map([...graph.values].flatMap(([name, one]) => (narrow.has(name) ? stated(one) : [[name, one]]))),
      },
    },
  };
};
