import type { Context, DataType, Node, Tensor } from '../../contracts/index.ts';
import { floatOf, intOf, labelOf, type Draft } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32, transposed } from './arithmetic.ts';

/** A MatMul or Gemm whose second operand is a constant float32 matrix. */
export interface Linear {
  readonly node: Node;
  readonly input: string;
  /** Name of the weight in the graph. */
  readonly weightName: string;
  readonly weight: Tensor;
  /** The stored matrix is [N, K] and has to be transposed (Gemm with transB). */
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
}

/** `*` matches any run of characters; a pattern is held against the node's name and its first output. */
export const matches = (node: Node, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => {
    const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    return expression.test(node.name) || node.outputs.some((output) => expression.test(output));
  });

const isMatMul = (node: Node): boolean => node.domain === '' && (node.op === 'MatMul' || node.op === 'Gemm');

/** Why a MatMul or Gemm cannot be quantized, or what a quantizer needs to know about it. Reads no weights. */
const linearOf = (draft: Draft, node: Node): Linear | string => {
  const [input, weightName, bias] = node.inputs;
  if (input === undefined || weightName === undefined || input === '' || weightName === '')
    return 'an operand is missing';
  const weight = draft.constant(weightName);
  if (weight === null)
    return draft.constant(input) === null
      ? 'both operands are computed at run time'
      : 'only the first operand is constant';
  if (weight.dtype !== 'float32') return `the weight is ${weight.dtype}, not float32`;
  if (weight.dims.length !== 2) return `the weight has ${weight.dims.length} dimensions, expected 2`;
  const gemm = node.op === 'Gemm';
  if (gemm && intOf(node, 'transA', 0) !== 0) return 'the first operand is transposed (transA)';
  const transB = gemm && intOf(node, 'transB', 0) !== 0;
  const [rows, columns] = weight.dims as [number, number];
  const k = transB ? columns : rows;
  const n = transB ? rows : columns;
  if (k === 0 || n === 0) return 'the weight is empty';
  return {
    node,
    input,
    weightName,
    weight,
    transB,
    k,
    n,
    alpha: gemm ? floatOf(node, 'alpha', 1) : 1,
    bias: gemm && bias !== undefined && bias !== '' ? bias : null,
    beta: gemm ? floatOf(node, 'beta', 1) : 1,
  };
};

/** All MatMul and Gemm nodes with constant weights; the others are skipped on the draft with their reason. */
export const linears = (draft: Draft, exclude: readonly string[]): Linear[] => {
  const found: Linear[] = [];
  for (const node of draft.nodes()) {
    if (!isMatMul(node)) continue;
    if (matches(node, exclude)) {
      draft.skip(node, 'excluded by the exclude option');
      continue;
    }
    const linear = linearOf(draft, node);
    if (typeof linear === 'string') draft.skip(node, linear);
    else found.push(linear);
  }
  return found;
};

/** Whether the graph has a MatMul or Gemm with a constant float32 weight at all. Cheap. */
export const hasLinear = (nodes: readonly Node[]): boolean => nodes.some(isMatMul);

/** The weight as a [K, N] matrix with alpha folded in; null when it holds NaN or infinity. */
export const matrixOf = async (linear: Linear, context: Context): Promise<Float32Array | null> => {
  const stored = toFloat32('float32', await context.bytes(linear.weight));
  if (!isFinite32(stored)) return null;
  const matrix = linear.transB ? transposed(stored, linear.n, linear.k) : stored;
  if (linear.alpha === 1) return matrix;
  return matrix.map((value) => value * linear.alpha);
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
