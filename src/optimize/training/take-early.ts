import type { Change, Dim, Model, Node } from '../../contracts/index.ts';
import { capturesOfNode, intOf, intsOf, labelOf, type Inferred } from '../../model/graph/index.ts';
import { emitter, int, ints } from './emit.ts';
import { knowledgeOf, type Knowledge } from './knowledge.ts';

/** What of each input a node needs for one place on an axis of its output: that place on an axis of the input, or (null) all of it. */
type Demands = readonly (number | null)[];
type DimsOf = (name: string) => readonly Dim[] | null;
type NumbersOf = (name: string) => readonly number[] | null;

const alone = new Set(
  'Abs Cast Ceil Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log Mish Neg Not Reciprocal Relu Selu Sigmoid Softplus Softsign Sqrt Tanh'.split(
    ' ',
  ),
);
const together = new Set('Add Div Max Mean Min Mul PRelu Pow Sub Sum Where'.split(' '));

/** Places of inputs that are broadcast to the output; null where it is not known which are. */
const broadcast = (inputs: readonly string[], axis: number, out: readonly Dim[], dimsOf: DimsOf): Demands | null => {
  const demands: (number | null)[] = [];
  for (const name of inputs) {
    const dims = dimsOf(name);
    if (dims === null) return null;
    const own = axis - (out.length - dims.length);
    if (own < 0 || dims[own] === 1) demands.push(null);
    else if (dims[own] !== null && dims[own] === out[axis]) demands.push(own);
    else return null;
  }
  return demands;
};

const product = ({ inputs }: Node, axis: number, out: readonly Dim[], dimsOf: DimsOf): Demands | null => {
  const [a, b] = [dimsOf(inputs[0]!), dimsOf(inputs[1]!)];
  if (a === null || b === null || a.length < 2 || b.length < 2 || axis === out.length - 1) return null;
  return axis === out.length - 2 ? [a.length - 2, null] : broadcast(inputs, axis, out, dimsOf);
};

/** Everything up to the axis stays as it is, and at most one of the sizes behind it is unknown. */
const reshaped = ({ inputs }: Node, axis: number, out: readonly Dim[], dimsOf: DimsOf): Demands | null => {
  const dims = dimsOf(inputs[0]!);
  const same = dims !== null && out.slice(0, axis + 1).every((dim, i) => dim !== null && dim === dims[i]);
  const behind = out.slice(axis + 1);
  // A size of 0 would be read as "the same as before".
  return same && !behind.includes(0) && behind.filter((dim) => typeof dim !== 'number').length <= 1
    ? [axis, null]
    : null;
};

/** The mean (or another summary) along other axes, which stay as axes of size 1. */
const summary = (node: Node, axis: number, out: readonly Dim[], numbersOf: NumbersOf): Demands | null => {
  const [, second] = node.inputs;
  const axes = intsOf(node, 'axes', null) ?? (second === undefined ? null : numbersOf(second));
  if (axes === null || axes.length === 0 || intOf(node, 'keepdims', 1) !== 1) return null;
  return axes.some((one) => (one < 0 ? one + out.length : one) === axis) ? null : [axis, null];
};

/** Operators of ONNX Runtime's own. */
const contributed = (node: Node, axis: number, out: readonly Dim[], dimsOf: DimsOf): Demands | null => {
  const { op, inputs } = node;
  const inside = axis < out.length - 1;
  switch (op) {
    case 'Gelu':
    case 'QuickGelu':
      return [axis];
    case 'BiasGelu':
    case 'FastGelu':
      return inside ? [axis, null] : null;
    case 'SkipLayerNormalization':
    case 'SkipSimplifiedLayerNormalization':
      return inside ? broadcast(inputs.slice(0, 2), axis, out, dimsOf) : null;
    case 'FusedMatMul':
      return ['transA', 'transBatchA', 'transBatchB'].some((name) => intOf(node, name, 0) !== 0)
        ? null
        : product(node, axis, out, dimsOf);
    default:
      return null;
  }
};

/** null: the node has to be computed as a whole. */
const demandsOf = (node: Node, axis: number, opset: number, dimsOf: DimsOf, numbersOf: NumbersOf): Demands | null => {
  const { op, domain, inputs } = node;
  const out = dimsOf(node.outputs[0]!);
  if (out === null) return null;
  if (domain === 'com.microsoft') return contributed(node, axis, out, dimsOf);
  if (domain !== '') return null;
  if (alone.has(op)) return [axis];
  if (together.has(op)) return broadcast(inputs, axis, out, dimsOf);
  const from = (usual = -1): number => {
    const first = intOf(node, 'axis', usual);
    return first < 0 ? first + out.length : first;
  };
  switch (op) {
    case 'Softmax':
    case 'LogSoftmax':
      // Before operator set 13 it runs over all axes from this one on.
      return (opset < 13 ? axis < from(1) : axis !== from()) ? [axis] : null;
    case 'LayerNormalization':
    case 'RMSNormalization':
      return axis < from() ? [axis, ...inputs.slice(1).map(() => null)] : null;
    case 'MatMul':
      return product(node, axis, out, dimsOf);
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceMax':
      return summary(node, axis, out, numbersOf);
    case 'Transpose':
      return [intsOf(node, 'perm', null)?.[axis] ?? out.length - 1 - axis];
    case 'Reshape':
      return reshaped(node, axis, out, dimsOf);
    default:
      return null;
  }
};

interface Place {
  readonly axis: number;
  readonly index: number;
  /** The axis stays, with size 1. */
  readonly stays: boolean;
}

/** Slice's word for "to the end". */
const end = 2 ** 31 - 1;

/** The contents of a small integer vector or scalar, where all of it is known. */
const numbersIn = (fact: Inferred | null): readonly number[] | null => {
  const data = fact?.data;
  return data?.every((one) => typeof one === 'number') === true ? data : null;
};

/** A Slice of the first or the last place. */
const sliced = ({ inputs }: Node, numbersOf: NumbersOf): Omit<Place, 'stays'> | null => {
  const only = (at: number): number | null => {
    const some = numbersOf(inputs[at] ?? '');
    return some?.length === 1 ? some[0]! : null;
  };
  const [index, stop, axis, step] = [only(1), only(2), only(3), (inputs[4] ?? '') === '' ? 1 : only(4)];
  if (index === null || stop === null || axis === null || step !== 1) return null;
  return (index === 0 && stop === 1) || (index === -1 && stop >= end) ? { axis, index } : null;
};

/** A Gather or Slice of one place that is always the same. Vectors are no sequences: shapes are picked from, too. */
const pickOf = (node: Node, { fact }: Pick<Knowledge, 'fact'>): Place | null => {
  const { op, domain, inputs } = node;
  if ((op !== 'Gather' && op !== 'Slice') || domain !== '') return null;
  const rank = fact(inputs[0]!)?.dims?.length;
  if (rank === undefined || rank < 2) return null;
  const ahead = (axis: number): number => (axis < 0 ? axis + rank : axis);
  if (op === 'Slice') {
    const one = sliced(node, (name) => numbersIn(fact(name)));
    return one === null ? null : { axis: ahead(one.axis), index: one.index, stays: true };
  }
  const places = fact(inputs[1]!);
  const [index, ...more] = numbersIn(places) ?? [];
  const own = places?.dims?.length;
  if (index === undefined || more.length > 0 || own === undefined || own > 1) return null;
  return { axis: ahead(intOf(node, 'axis', 0)), index, stays: own === 1 };
};

/** How often a value is read, by nodes, bodies, and whoever runs the model. */
const countReads = ({ graph }: Model): ReadonlyMap<string, number> => {
  const reads = new Map<string, number>();
  const all = graph.nodes.flatMap((node) => [...node.inputs, ...capturesOfNode(node)]);
  for (const name of [...all, ...graph.outputs.map((output) => output.name)])
    reads.set(name, (reads.get(name) ?? 0) + 1);
  return reads;
};

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
  const dimsOf: DimsOf = (name) => known.fact(name)?.dims ?? null;
  const numbersOf: NumbersOf = (name) => numbersIn(known.fact(name));
  const reads = countReads(model);
  const asked = new Map<string, { axis: number | null; count: number }>();
  const ask = (name: string, axis: number): void => {
    const one = asked.get(name);
    if (one === undefined) asked.set(name, { axis, count: 1 });
    else asked.set(name, { axis: one.axis === axis ? axis : null, count: one.count + 1 });
  };
  const thin = new Map<Node, { readonly axis: number; readonly demands: Demands }>();
  for (const node of graph.nodes.toReversed()) {
    const found = pickOf(node, known);
    if (found?.index === index) {
      ask(node.inputs[0]!, found.axis);
      continue;
    }
    const [output = '', ...more] = node.outputs;
    const one = asked.get(output);
    if (one === undefined || one.axis === null || one.count !== reads.get(output) || fixed.has(output)) continue;
    if (more.some((name) => reads.has(name) || fixed.has(name))) continue;
    const demands = demandsOf(node, one.axis, to.opset, dimsOf, numbersOf);
    if (demands === null) continue;
    thin.set(node, { axis: one.axis, demands });
    demands.forEach((axis, i) => axis !== null && ask(node.inputs[i]!, axis));
  }
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
        const sizes = dimsOf(node.outputs[0]!)!.map((dim, i) => (i <= axis ? 0 : typeof dim === 'number' ? dim : -1));
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
