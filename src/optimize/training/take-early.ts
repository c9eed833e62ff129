import type { Dim, Model, Node } from '../../contracts/index.ts';
import { capturesOfNode, intOf, intsOf } from '../../model/graph/index.ts';
import { emitter, int } from './emit.ts';
import { knowledgeOf, type Knowledge } from './knowledge.ts';

/** What of each input a node needs for one place on an axis of its output: that place on an axis of the input, or (null) all of it. */
type Demands = readonly (number | null)[];
type DimsOf = (name: string) => readonly Dim[] | null;

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
  return same && out.slice(axis + 1).filter((dim) => typeof dim !== 'number').length <= 1 ? [axis, null] : null;
};

/** null: the node has to be computed as a whole. */
const demandsOf = (node: Node, axis: number, dimsOf: DimsOf): Demands | null => {
  const { op, domain, inputs } = node;
  const out = dimsOf(node.outputs[0]!);
  if (domain !== '' || out === null) return null;
  if (alone.has(op)) return [axis];
  if (together.has(op)) return broadcast(inputs, axis, out, dimsOf);
  const from = (): number => {
    const first = intOf(node, 'axis', -1);
    return first < 0 ? first + out.length : first;
  };
  switch (op) {
    case 'Softmax':
    case 'LogSoftmax':
      return from() === axis ? null : [axis];
    case 'LayerNormalization':
    case 'RMSNormalization':
      return axis < from() ? [axis, ...inputs.slice(1).map(() => null)] : null;
    case 'MatMul':
      return product(node, axis, out, dimsOf);
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
}

/** A Gather of one place that is always the same. */
const pickOf = (node: Node, { fact }: Pick<Knowledge, 'fact'>): Place | null => {
  if (node.op !== 'Gather' || node.domain !== '') return null;
  const place = fact(node.inputs[1]!);
  const rank = fact(node.inputs[0]!)?.dims?.length;
  const index = place?.dims?.length === 0 ? place.data?.[0] : undefined;
  if (rank === undefined || typeof index !== 'number') return null;
  const axis = intOf(node, 'axis', 0);
  return { axis: axis < 0 ? axis + rank : axis, index };
};

/** How often a value is read, by nodes, bodies, and whoever runs the model. */
const countReads = ({ graph }: Model): ReadonlyMap<string, number> => {
  const reads = new Map<string, number>();
  const all = graph.nodes.flatMap((node) => [...node.inputs, ...capturesOfNode(node)]);
  for (const name of [...all, ...graph.outputs.map((output) => output.name)])
    reads.set(name, (reads.get(name) ?? 0) + 1);
  return reads;
};

/** A classifier reads one token of its encoder's last layer; what the layer computes for the other tokens reaches nothing but the next
 *  token's keys and values, and there is no next layer. Here the one place is taken before the layer: everything between that keeps places
 *  apart (products with weights, normalization, activations, a query's row of attention) runs for that place alone, forward and back.
 *  Answers are the same; values between keep their names and have size 1 on that axis. Nodes whose result anyone else reads stay as they are.
 *  `fixed`: values that must stay. Answers the model itself where no product gets smaller. */
export const takeEarly = (model: Model, fixed: ReadonlySet<string> = new Set()): Model => {
  const known = knowledgeOf(model, emitter(model));
  const indices = new Set(model.graph.nodes.flatMap((node) => pickOf(node, known)?.index ?? []));
  return [...indices].reduce((before, index) => takeAt(before, index, fixed), model);
};

const takeAt = (model: Model, index: number, fixed: ReadonlySet<string>): Model => {
  const { graph } = model;
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  const dimsOf: DimsOf = (name) => known.fact(name)?.dims ?? null;
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
    const demands = demandsOf(node, one.axis, dimsOf);
    if (demands === null) continue;
    thin.set(node, { axis: one.axis, demands });
    demands.forEach((axis, i) => axis !== null && ask(node.inputs[i]!, axis));
  }
  if (![...thin.keys()].some(({ op }) => op === 'MatMul')) return model;

  const narrow = new Set([...thin.keys()].flatMap(({ outputs }) => outputs));
  const cut = new Map<string, string>();
  const nodes: Node[] = [];
  const placeOf = (name: string, axis: number): string => {
    if (narrow.has(name)) return name;
    const key = `${axis} ${name}`;
    let taken = cut.get(key);
    if (taken === undefined) {
      cut.set(key, (taken = to.fresh('training/place')));
      const inputs = [name, to.integers([index])];
      nodes.push({ name: '', op: 'Gather', domain: '', inputs, outputs: [taken], attributes: { axis: int(axis) } });
    }
    return taken;
  };
  for (const node of graph.nodes) {
    const found = pickOf(node, known);
    const one = thin.get(node);
    if (found?.index === index && narrow.has(node.inputs[0]!)) {
      const inputs = [node.inputs[0]!, to.integers([found.axis])];
      nodes.push({ ...node, op: 'Squeeze', inputs, attributes: {} });
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
    ...model,
    graph: {
      ...graph,
      nodes,
      initializers: new Map([...graph.initializers, ...to.initializers]),
      values: new Map([...graph.values].filter(([name]) => !narrow.has(name))),
    },
  };
};
