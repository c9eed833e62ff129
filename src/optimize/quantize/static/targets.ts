import type { Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../../../model/graph/index.ts';
import { readTensorSync, toFloat32 } from '../../../model/tensor/index.ts';
import { linearOf, matches, type Linear } from '../../linear.ts';

/** The stored weight of a target, seen as [outer, channels, inner]. */
export interface WeightPlace {
  readonly name: string;
  readonly tensor: Tensor;
  /** Set for MatMul and Gemm: how the stored matrix becomes [K, N]. */
  readonly linear: Linear | null;
}

/** An operator that will run on integers because its product is worth it. */
export interface Target {
  /** `gemm`: rank 2 is certain, so ONNX Runtime would turn MatMul and Add into Gemm. `matmul`: any other MatMul with a weight.
   *  `product`: both operands are computed, as in attention. */
  readonly kind: 'conv' | 'gemm' | 'matmul' | 'product';
  readonly node: Node;
  readonly inputs: readonly string[];
  readonly weight: WeightPlace | null;
  readonly channels: number;
  /** A constant bias by name, one number a channel (or one for all): its own, or that of an Add which is folded. */
  readonly bias: string | null;
  /** Gemm's scale of the bias. */
  readonly beta: number;
  /** A bias that stays a float addition, with its scale: computed, or of another shape. */
  readonly looseBias: string | null;
  /** The value after a folded Add: what the product is without an activation. */
  readonly plain: string;
  /** The node that makes `plain`. */
  readonly plainNode: Node;
}

/** The one node that uses a value, once; null when the value is seen by anyone else. */
export const onlyUser = (draft: Draft, value: string): Node | null => {
  if (draft.isOutput(value) || draft.capturedBySubgraph(value)) return null;
  const [user, ...others] = draft.consumers(value);
  if (user === undefined || others.length > 0) return null;
  return user.inputs.filter((name) => name === value).length === 1 ? user : null;
};

const otherOf = (node: Node, value: string): string => node.inputs.find((name) => name !== value) ?? '';

/** Whether a constant adds one number a channel to a value whose channels lie at `axis` from the end (0: the last). */
const addsPerChannel = (constant: Tensor | null, channels: number, fromEnd: number, most: number): boolean => {
  if (constant === null || constant.dtype !== 'float32' || constant.dims.length > most) return false;
  const place = constant.dims.length - 1 - fromEnd;
  return place >= 0 && constant.dims.every((dim, i) => dim === (i === place ? channels : 1));
};

/** The Add that follows with a constant number a channel, or null. */
const biasAdd = (
  draft: Draft,
  value: string,
  channels: number,
  fromEnd: number,
  rank: number,
): { readonly node: Node; readonly bias: string } | null => {
  const user = onlyUser(draft, value);
  if (user === null || user.op !== 'Add' || user.domain !== '') return null;
  const bias = otherOf(user, value);
  return addsPerChannel(draft.constant(bias), channels, fromEnd, rank) ? { node: user, bias } : null;
};

const linearTarget = (draft: Draft, node: Node): Target | string => {
  const linear = linearOf(node, (name) => draft.constant(name));
  if (typeof linear === 'string') return linear;
  if (linear.batch.length > 0) return `the weight has ${linear.weight.dims.length} dimensions, expected 2`;
  const output = node.outputs[0] ?? '';
  const gemm = node.op === 'Gemm' || draft.shape(linear.input)?.length === 2;
  const add = node.op === 'MatMul' && gemm ? biasAdd(draft, output, linear.n, 0, 2) : null;
  const own = linear.beta === 0 ? null : linear.bias;
  const constant = own === null ? null : draft.constant(own);
  const single = constant !== null && constant.dtype === 'float32' && constant.dims.every((dim) => dim === 1);
  const folds = single || addsPerChannel(constant, linear.n, 0, 2);
  return {
    kind: gemm ? 'gemm' : 'matmul',
    node,
    inputs: [linear.input],
    weight: { name: linear.weightName, tensor: linear.weight, linear },
    channels: linear.n,
    bias: add?.bias ?? (folds ? own : null),
    beta: linear.beta,
    looseBias: folds ? null : own,
    plain: add?.node.outputs[0] ?? output,
    plainNode: add?.node ?? node,
  };
};

const convTarget = (draft: Draft, node: Node): Target | string => {
  const [input = '', name = '', own = ''] = node.inputs;
  const tensor = draft.constant(name);
  if (tensor === null) return 'the kernel is computed at run time';
  if (tensor.dtype !== 'float32') return `the kernel is ${tensor.dtype}, not float32`;
  if (tensor.dims.length < 3) return `the kernel has ${tensor.dims.length} dimensions, expected 3 or more`;
  if (tensor.dims.includes(0)) return 'the kernel is empty';
  const [channels = 0] = tensor.dims;
  if (own !== '' && !addsPerChannel(draft.constant(own), channels, 0, 1)) return 'the bias is computed at run time';
  const output = node.outputs[0] ?? '';
  const rank = tensor.dims.length;
  const add = own === '' ? biasAdd(draft, output, channels, rank - 2, rank) : null;
  return {
    kind: 'conv',
    node,
    inputs: [input],
    weight: { name, tensor, linear: null },
    channels,
    bias: add?.bias ?? (own === '' ? null : own),
    beta: 1,
    looseBias: null,
    plain: add?.node.outputs[0] ?? output,
    plainNode: add?.node ?? node,
  };
};

const productTarget = (draft: Draft, node: Node): Target | string => {
  const [a = '', b = ''] = node.inputs;
  if (draft.constant(a) !== null) return 'only the first operand is constant';
  if (draft.dtype(a) !== 'float32' || draft.dtype(b) !== 'float32') return 'its operands are not known to be float32';
  const output = node.outputs[0] ?? '';
  return {
    kind: 'product',
    node,
    inputs: [a, b],
    weight: null,
    channels: 0,
    bias: null,
    beta: 1,
    looseBias: null,
    plain: output,
    plainNode: node,
  };
};

/** MatMul, Gemm and Conv are what static quantization is for. */
export const isTarget = ({ op, domain }: Node): boolean =>
  domain === '' && (op === 'MatMul' || op === 'Gemm' || op === 'Conv');

/** What can become an integer product, in graph order; the others are skipped on the draft with their reason. Reads no weights. */
export const targetsOf = (draft: Draft, exclude: readonly string[], products: boolean): Target[] => {
  const found: Target[] = [];
  for (const node of draft.nodes()) {
    if (!isTarget(node)) continue;
    if (matches(node, exclude)) {
      draft.skip(node, 'excluded by the exclude option');
      continue;
    }
    const [, second = ''] = node.inputs;
    const computed = node.op === 'MatMul' && second !== '' && draft.constant(second) === null;
    const target =
      node.op === 'Conv'
        ? convTarget(draft, node)
        : computed && products
          ? productTarget(draft, node)
          : linearTarget(draft, node);
    if (typeof target === 'string') draft.skip(node, target);
    else if (target.inputs.some((name) => draft.constant(name) !== null))
      draft.skip(node, 'its input is constant: fold constants first');
    else found.push(target);
  }
  return found;
};

/** The upper end of a Relu or of a Clip from 0, or null for any other node. */
export const reluBound = (draft: Draft, node: Node): number | null => {
  if (node.domain !== '') return null;
  if (node.op === 'Relu') return Number.POSITIVE_INFINITY;
  if (node.op !== 'Clip') return null;
  const bound = (name: string | undefined, otherwise: number): number => {
    if (name === undefined || name === '') return otherwise;
    const tensor = draft.constant(name);
    if (tensor === null || tensor.dtype !== 'float32') return Number.NaN;
    return toFloat32('float32', readTensorSync(tensor))[0] ?? Number.NaN;
  };
  const low = bound(node.inputs[1], Number.NEGATIVE_INFINITY);
  const high = bound(node.inputs[2], Number.POSITIVE_INFINITY);
  return low === 0 && high > 0 ? high : null;
};
