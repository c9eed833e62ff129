import { intOf, intsOf } from '../../../model/graph/index.ts';
import type { Node } from '../../../contracts/index.ts';
import type { At, Rule, Spread, Units } from './types.ts';

/** Passes an axis on to operands and results that are as long along it; those of size 1 are spread over it and stay. */
const broadcasting =
  (inputs: (node: Node) => readonly number[]): Rule =>
  (node, to, { side, index, axis, units }) => {
    const from = side === 'input' ? node.inputs[index] : node.outputs[index];
    const rank = to.dims(from ?? '')?.length;
    if (rank === undefined) return 'the rank of its operands is not known';
    const fromEnd = axis - rank;
    for (const one of inputs(node)) {
      const name = node.inputs[one] ?? '';
      if (name === '') continue;
      const dims = to.dims(name);
      if (!dims) return `the size of ${name} is not known`;
      const place = fromEnd + dims.length;
      if (place < 0 || dims[place] === 1) continue;
      to.input(node, one, place, units);
    }
    const output = to.dims(node.outputs[0] ?? '');
    if (!output) return 'the size of its result is not known';
    to.output(node, 0, fromEnd + output.length, units);
    return undefined;
  };

const all = (node: Node): readonly number[] => node.inputs.map((_, i) => i);
const first = (): readonly number[] => [0];
const each = (names: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** A softmax over another axis. */
const along =
  (fallback: (opset: number) => number): Rule =>
  (node, to, at) => {
    const opset = to.view.draft.model.opsets.get('') ?? 1;
    const rank = to.dims(node.inputs[0] ?? '')?.length ?? 0;
    const axis = intOf(node, 'axis', fallback(opset));
    const place = axis < 0 ? axis + rank : axis;
    // Before version 13 everything from the axis on is one.
    if (opset < 13 ? at.axis >= place : at.axis === place) return `${node.op} runs over the axis`;
    return broadcasting(first)(node, to, at);
  };

/** The axes of a reduction; null: not known. */
const axesOf = (node: Node, to: Spread): readonly number[] | null => {
  const name = node.inputs[1] ?? '';
  const rank = to.dims(node.inputs[0] ?? '')?.length;
  const axes = name === '' ? intsOf(node, 'axes', null) : (to.view.sizes.contents(name) as readonly number[] | null);
  if (rank === undefined) return null;
  if (axes === null) return name === '' ? Array.from({ length: rank }, (_, i) => i) : null;
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
};

const reduction =
  (over: boolean): Rule =>
  (node, to, { side, axis, units }) => {
    const axes = axesOf(node, to);
    if (!axes || axes.some((one) => typeof one !== 'number')) return 'the axes of a reduction are not known';
    const keep = intOf(node, 'keepdims', 1) !== 0;
    const gone = (place: number): number => (keep ? 0 : axes.filter((one) => one < place).length);
    if (side === 'output') {
      const rank = to.dims(node.inputs[0] ?? '')?.length ?? 0;
      const place = Array.from({ length: rank }, (_, i) => i).find((i) => !axes.includes(i) && i - gone(i) === axis);
      if (place === undefined) return 'the axis of a reduction is not certain';
      to.input(node, 0, place, units);
      return undefined;
    }
    if (axes.includes(axis)) {
      if (!over) return `${node.op} runs over the axis`;
      to.restate();
      return undefined;
    }
    to.output(node, 0, axis - gone(axis), units);
    return undefined;
  };

/** LayerNormalization and its kin: scale and shift lie along the last axes; the mean and variance over them become others. */
const normalization =
  (vectors: readonly number[]): Rule =>
  (node, to, { axis, units }) => {
    const rank = to.dims(node.inputs[0] ?? '')?.length;
    if (rank === undefined) return 'the rank of what is normalized is not known';
    const start = intOf(node, 'axis', -1);
    const from = start < 0 ? start + rank : start;
    to.input(node, 0, axis, units);
    to.output(node, 0, axis, units);
    if (axis < from) return undefined;
    to.restate();
    for (const one of vectors) {
      const dims = to.dims(node.inputs[one] ?? '');
      if (dims) to.input(node, one, axis - rank + dims.length, units);
    }
    return undefined;
  };

/** Passes an axis of the first operand on as it is. */
export const pass = (at: At, node: Node, to: Spread, units: Units = at.units): void => {
  to.input(node, 0, at.axis, units);
  to.output(node, 0, at.axis, units);
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  ...each(
    'Add Sub Mul Div Pow Min Max Mean Sum Where PRelu And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual Mod',
    broadcasting(all),
  ),
  ...each(
    'Identity Cast Dropout Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Swish Mish Softplus Softsign Tanh Erf Exp Log Sqrt Reciprocal Neg Abs Sign Floor Ceil Round Sin Cos Not IsNaN IsInf Clip ThresholdedRelu Gelu CumSum com.microsoft.Gelu com.microsoft.QuickGelu',
    broadcasting(first),
  ),
  ...each('com.microsoft.FastGelu com.microsoft.BiasGelu com.microsoft.BiasAdd', broadcasting(all)),
  ...each(
    'Softmax LogSoftmax Hardmax',
    along((opset) => (opset < 13 ? 1 : -1)),
  ),
  ...each('ReduceMean', reduction(true)),
  ...each(
    'ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSumExp ReduceSumSquare',
    reduction(false),
  ),
  LayerNormalization: normalization([1, 2]),
  RMSNormalization: normalization([1]),
  SimplifiedLayerNormalization: normalization([1]),
  'com.microsoft.SimplifiedLayerNormalization': normalization([1]),
  // How long an axis is, is asked anew in every run.
  Shape: () => undefined,
  Size: () => undefined,
  BatchNormalization: (node, to, at) => {
    pass(at, node, to);
    if (at.axis !== 1) return undefined;
    for (const vector of [1, 2, 3, 4]) to.input(node, vector, 0, at.units);
    return undefined;
  },
  InstanceNormalization: (node, to, at) => {
    pass(at, node, to);
    if (at.axis !== 1) return undefined;
    for (const vector of [1, 2]) to.input(node, vector, 0, at.units);
    return undefined;
  },
};
