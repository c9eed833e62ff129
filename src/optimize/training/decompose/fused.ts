import type { Attribute } from '../../../contracts/index.ts';
import { floatOf, floatsOf, intOf, stringOf } from '../../../model/graph/index.ts';
import { float, int, ints } from '../../writing/emit.ts';
import type { Decomposition, Place } from './types.ts';

/** The last two axes exchanged; a vector stays. */
const turned = ({ to, rank }: Place, x: string): string => {
  const count = rank(x);
  if (count < 2) return x;
  const order = Array.from({ length: count }, (_, i) => i);
  return to.emit('Transpose', [x], { perm: ints([...order.slice(0, -2), count - 1, count - 2]) });
};

/** α·A′·B′. Source: ONNX Runtime, FusedMatMul. */
export const fusedMatMul: Decomposition = (at) => {
  const { to, node } = at;
  if (intOf(node, 'transBatchA', 0) !== 0 || intOf(node, 'transBatchB', 0) !== 0)
    return at.refuse('moves its batch axes');
  const a = intOf(node, 'transA', 0) === 0 ? at.input(0) : turned(at, at.input(0));
  const b = intOf(node, 'transB', 0) === 0 ? at.input(1) : turned(at, at.input(1));
  const alpha = floatOf(node, 'alpha', 1);
  // Scaling the smaller side first leaves the product as the last step.
  return [to.emit('MatMul', [alpha === 1 ? a : to.emit('Mul', [a, at.scalar(alpha)]), b])];
};

/** Names of an activation's numbers, in the order in which fused nodes list them. */
const numbers: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Tanh: [],
  Sigmoid: [],
  HardSwish: [],
  LeakyRelu: ['alpha'],
  HardSigmoid: ['alpha', 'beta'],
  Elu: ['alpha'],
  ThresholdedRelu: ['alpha'],
  Softsign: [],
  Softplus: [],
};

const activated = (at: Place, x: string, values: readonly (number | undefined)[]): string => {
  const { to, node } = at;
  const name = stringOf(node, 'activation', '');
  if (name === '') return x;
  if (name === 'Clip') return to.emit('Clip', [x, at.scalar(values[0] ?? 0), at.scalar(values[1] ?? 0)]);
  const names = Object.hasOwn(numbers, name) ? numbers[name]! : at.refuse(`has the activation ${name}`);
  const attributes: Record<string, Attribute> = {};
  names.forEach((one, i) => {
    const value = values[i];
    if (value !== undefined) attributes[one] = float(value);
  });
  return to.emit(name, [x], attributes);
};

/** Gemm with an activation behind it. Source: ONNX Runtime, FusedGemm. */
export const fusedGemm: Decomposition = (at) => {
  const { to, node } = at;
  const plain = to.emit('Gemm', [...node.inputs], {
    alpha: float(floatOf(node, 'alpha', 1)),
    beta: float(floatOf(node, 'beta', 1)),
    transA: int(intOf(node, 'transA', 0)),
    transB: int(intOf(node, 'transB', 0)),
  });
  const values = ['alpha', 'beta'].map((name) => floatOf(node, `activation_${name}`, null) ?? undefined);
  return [activated(at, plain, values)];
};

const convolves: ReadonlySet<string> = new Set(['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']);

/** Conv, plus another value, with an activation behind it. Source: ONNX Runtime, FusedConv. */
export const fusedConv: Decomposition = (at) => {
  const { to, node } = at;
  const attributes = Object.fromEntries(Object.entries(node.attributes).filter(([name]) => convolves.has(name)));
  const inputs = [at.input(0), at.input(1), ...(at.input(2) === '' ? [] : [at.input(2)])];
  const plain = to.emit('Conv', inputs, attributes);
  const sum = at.input(3) === '' ? plain : to.emit('Add', [plain, at.input(3)]);
  return [activated(at, sum, floatsOf(node, 'activation_params', []))];
};
