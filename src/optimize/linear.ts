import type { Context, DataType, Node, Tensor } from '../contracts/index.ts';
import { float, floatOf, intOf, labelOf, stringOf, type Draft, type NodeInit } from '../model/graph/index.ts';
import { toFloat32, type Room } from '../model/tensor/index.ts';
import { isFinite32, transposed } from './algebra/matrix.ts';

/** A MatMul or Gemm whose second operand is a constant float32 matrix, or a stack of them. */
export interface Linear {
  readonly node: Node;
  readonly input: string;
  /** Name of the weight in the graph. */
  readonly weightName: string;
  readonly weight: Tensor;
  /** Leading dimensions of the weight: [] for one matrix. */
  readonly batch: readonly number[];
  /** The stored matrix is [N, K] and has to be transposed (Gemm and FusedMatMul with transB). */
  readonly transB: boolean;
  /** Inner size. */
  readonly k: number;
  /** Outputs. */
  readonly n: number;
  /** Gemm's scale of the product, folded into the weight. */
  readonly alpha: number;
  /** Gemm's third input, or null. */
  readonly bias: string | null;
  readonly beta: number;
  /** What FusedGemm applies to its result, as a node of its own; null for the others. */
  readonly activation: Pick<NodeInit, 'op' | 'attributes'> | null;
}

/** `*` matches any run of characters; a pattern is held against the node's name and its first output. */
export const matches = (node: Pick<Node, 'name' | 'outputs'>, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => {
    const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    return expression.test(node.name) || node.outputs.some((output) => expression.test(output));
  });

const isMatMul = (node: Node): boolean => node.domain === '' && (node.op === 'MatMul' || node.op === 'Gemm');

/** ONNX Runtime's own forms of MatMul and Gemm, as its graph optimizations write them. */
const isFused = ({ domain, op }: Node): boolean =>
  domain === 'com.microsoft' && ['FusedMatMul', 'TransposeMatMul', 'FusedGemm'].includes(op);

const plainActivations = new Set(['Relu', 'Tanh', 'Sigmoid']);

/** The activation of a FusedGemm as an operator, or why there is none. */
const activationOf = (node: Node): Linear['activation'] | string => {
  const name = stringOf(node, 'activation', '');
  if (name === '') return null;
  if (plainActivations.has(name)) return { op: name };
  if (name === 'LeakyRelu') return { op: name, attributes: { alpha: float(floatOf(node, 'activation_alpha', 0.01)) } };
  return `its fused activation ${name} is none that can be taken out again`;
};

/** Why an operand is no weight, in words. */
const notConstant = (constant: (name: string) => Tensor | null, input: string): string =>
  constant(input) === null ? 'both operands are computed at run time' : 'only the first operand is constant';

/** Why a MatMul, Gemm, FusedMatMul or FusedGemm cannot be quantized, or what a quantizer needs to know about it. Reads no weights.
 *  `constant` answers the weight behind a name, or null. */
export const linearOf = (node: Node, constant: (name: string) => Tensor | null): Linear | string => {
  if (!isMatMul(node) && !isFused(node)) return `${node.op} is no matrix product`;
  const [input, weightName, bias] = node.inputs;
  if (input === undefined || weightName === undefined || input === '' || weightName === '')
    return 'an operand is missing';
  const weight = constant(weightName);
  if (weight === null) return notConstant(constant, input);
  if (constant(input) !== null) return 'both operands are constants: fold them first (fuse/constant-folding)';
  if (weight.dtype !== 'float32') return `the weight is ${weight.dtype}, not float32`;
  const gemm = node.op === 'Gemm' || node.op === 'FusedGemm';
  if (weight.dims.length < 2 || (gemm && weight.dims.length > 2))
    return `the weight has ${weight.dims.length} dimensions, expected 2`;
  if (intOf(node, 'transA', 0) !== 0) return 'the first operand is transposed (transA)';
  if (intOf(node, 'transBatchA', 0) !== 0 || intOf(node, 'transBatchB', 0) !== 0)
    return 'its batch dimension is transposed (transBatchA, transBatchB)';
  const activation = node.op === 'FusedGemm' ? activationOf(node) : null;
  if (typeof activation === 'string') return activation;
  const transB = node.op !== 'MatMul' && intOf(node, 'transB', 0) !== 0;
  const batch = weight.dims.slice(0, -2);
  const [rows, columns] = weight.dims.slice(-2) as [number, number];
  const k = transB ? columns : rows;
  const n = transB ? rows : columns;
  if (weight.dims.includes(0)) return 'the weight is empty';
  return {
    node,
    input,
    weightName,
    weight,
    batch,
    transB,
    k,
    n,
    alpha: node.op === 'MatMul' ? 1 : floatOf(node, 'alpha', 1),
    bias: gemm && bias !== undefined && bias !== '' ? bias : null,
    beta: gemm ? floatOf(node, 'beta', 1) : 1,
    activation,
  };
};

/** All MatMul and Gemm nodes with one constant matrix; the others are skipped on the draft with their reason. */
export const linears = (draft: Draft, exclude: readonly string[]): Linear[] => {
  const found: Linear[] = [];
  for (const node of draft.nodes()) {
    if (!isMatMul(node)) continue;
    if (matches(node, exclude)) {
      draft.skip(node, 'excluded by the exclude option');
      continue;
    }
    const linear = linearOf(node, (name) => draft.constant(name));
    if (typeof linear === 'string') draft.skip(node, linear);
    else if (linear.batch.length > 0)
      draft.skip(node, `the weight has ${linear.weight.dims.length} dimensions, expected 2`);
    else found.push(linear);
  }
  return found;
};

/** Whether the graph has a MatMul or Gemm with a constant float32 weight at all. Cheap. */
export const hasLinear = (nodes: readonly Node[]): boolean => nodes.some(isMatMul);

/** MatMul, Gemm and their fused forms. */
export const isLinear = (node: Node): boolean => isMatMul(node) || isFused(node);

/** The weight as [K, N] matrices, one after another, with alpha folded in; null when it holds NaN or infinity. `room`: what the
 *  weight is read into, and where it may still lie. */
export const matrixOf = async (linear: Linear, context: Context, room?: Room): Promise<Float32Array | null> => {
  const stored = toFloat32('float32', await context.bytes(linear.weight, room?.take));
  if (!isFinite32(stored) || !Number.isFinite(linear.alpha)) return null;
  const { n, k, alpha } = linear;
  let matrix = stored;
  if (linear.transB) {
    matrix = new Float32Array(stored.length);
    for (let from = 0; from < stored.length; from += n * k)
      matrix.set(transposed(stored.subarray(from, from + n * k), n, k), from);
  }
  if (alpha === 1) return matrix;
  const scaled = matrix.map((value) => value * alpha);
  return isFinite32(scaled) ? scaled : null;
};

/** The name of the bias with beta folded in, ready for an Add after the product; null when there is none or it weighs nothing. */
export const biasOf = async (draft: Draft, linear: Linear, context: Context): Promise<string | null> => {
  const { bias, beta } = linear;
  if (bias === null || beta === 0) return null;
  if (beta === 1) return bias;
  const constant = draft.constant(bias);
  if (constant === null || constant.dtype !== 'float32') {
    const factor = draft.addInitializer(`${labelOf(linear.node)}_beta`, scalar(beta));
    const scaled = draft.fresh(`${bias}_scaled`);
    draft.insert([{ op: 'Mul', inputs: [bias, factor], outputs: [scaled] }]);
    return scaled;
  }
  const values = toFloat32('float32', await context.bytes(constant)).map((value) => value * beta);
  return draft.addInitializer(`${bias}_scaled`, float32(constant.dims, values));
};

/** A float32 tensor over these values. */
export const float32 = (dims: readonly number[], values: Float32Array): Tensor => inline('float32', dims, values);

/** A tensor over the bytes of a typed array, without a copy. */
export const inline = (dtype: DataType, dims: readonly number[], values: ArrayBufferView): Tensor => ({
  dtype,
  dims,
  data: { kind: 'inline', bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) },
});

/** A float32 scalar. */
export const scalar = (value: number): Tensor => float32([], new Float32Array([value]));
