import type { Dim, Node } from '../../contracts/index.ts';
import { intOf, intsOf, labelOf } from '../../model/graph/index.ts';

/** What of each input a node needs for one place on an axis of its output: that place on an axis of the input, or (null) all of it. */
export type Demands = readonly (number | null)[];
export type DimsOf = (name: string) => readonly Dim[] | null;
export type NumbersOf = (name: string) => readonly number[] | null;

const alone = new Set(
  'Abs Cast Ceil Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Selu Sigmoid Softplus Softsign Sqrt Tanh'.split(
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

/** Why nothing is known of what a node needs for one place of its output. */
export const whyWhole = (node: Node, dimsOf: DimsOf): string => {
  const what = `${node.op} ${labelOf(node)}`;
  if (dimsOf(node.outputs[0]!) === null) return `the shape of what ${what} computes is not known`;
  if (node.op === 'Reshape') return `the sizes before and after ${what} are not known to be the same`;
  const joins = together.has(node.op) || /^(Fused)?MatMul$|^Skip/.test(node.op);
  return joins
    ? `the inputs of ${what} are not known to have the same sizes`
    : `${what} is not known to keep places apart`;
};

/** What a node needs of its inputs for one place on an axis of its output; null: it has to be computed as a whole.
 *  Source: the operators' definitions in ONNX and ONNX Runtime, by the sizes that are known. */
export const demandsOf = (
  node: Node,
  axis: number,
  opset: number,
  dimsOf: DimsOf,
  numbersOf: NumbersOf,
): Demands | null => {
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
