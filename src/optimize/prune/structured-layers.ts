import type { Context, Node, Tensor } from '../../contracts/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { resultOf } from '../anatomy/index.ts';
import { isOp, type View } from '../anatomy/walk.ts';
import { transposed } from '../algebra/matrix.ts';
import { float32, isLinear, linearOf, matrixOf } from '../linear.ts';

/** A constant vector that is added to a layer's result: where it stands, and what it is multiplied by. */
export interface Bias {
  readonly node: Node;
  readonly input: number;
  readonly tensor: Tensor;
  readonly scale: number;
}

/** A layer whose inputs are cut, as one matrix [k, n]: MatMul and Gemm as they are, Conv with its patches as inputs. */
export interface Reader {
  readonly node: Node;
  readonly input: string;
  readonly k: number;
  readonly n: number;
  /** Inputs of the matrix for each place along the axis that is cut. */
  readonly perPlace: number;
  /** Sizes of the weight for a convolution, else null. */
  readonly kernel: readonly number[] | null;
  readonly bias: Bias | null;
  /** null: NaN or infinity. */
  matrix(context: Context): Promise<Float32Array | null>;
  /** The weight as the node holds it, from [k', n]. */
  stored(matrix: Float32Array, k: number): Tensor;
}

const biasAt = (view: View, node: Node, name: string, scale: number): Bias | null => {
  const tensor = view.draft.constant(name);
  const input = node.inputs.indexOf(name);
  return tensor?.dtype === 'float32' && input >= 0 ? { node, input, tensor, scale } : null;
};

/** The layer at a node, when its input is cut along the axis that it multiplies by a constant float32 weight; a reason where it is not of
 *  a form that can be repaired. */
export const readerOf = (view: View, node: Node): Reader | string => {
  const [input = '', weightName = '', third = ''] = node.inputs;
  const weight = view.draft.constant(weightName);
  if (isOp(node, 'Conv')) {
    if (weight?.dtype !== 'float32') return 'its weight is not float32';
    const [n = 0, channels = 0, ...sizes] = weight.dims;
    const perPlace = sizes.reduce((product, size) => product * size, 1);
    const k = channels * perPlace;
    return {
      node,
      input,
      k,
      n,
      perPlace,
      kernel: weight.dims,
      bias: third === '' ? null : biasAt(view, node, third, 1),
      matrix: async (context) => {
        const values = toFloat32('float32', await context.bytes(weight));
        return values.every(Number.isFinite) ? transposed(values, n, k) : null;
      },
      stored: (matrix, rows) => float32([n, rows / perPlace, ...sizes], transposed(matrix, rows, n)),
    };
  }
  const linear = isLinear(node) ? linearOf(node, (name) => view.draft.constant(name)) : 'it is not a linear layer';
  if (typeof linear === 'string') return linear;
  if (linear.batch.length > 0) return 'its weight is a stack of matrices';
  if (linear.alpha === 0) return 'its result is multiplied by 0';
  const { k, n, alpha, beta, transB } = linear;
  const found = resultOf(view, linear);
  const adder = found.bias === null ? undefined : linear.bias === null ? view.draft.producer(found.result) : node;
  const scale = linear.bias === null ? 1 : beta;
  const bias = found.bias !== null && adder && scale !== 0 ? biasAt(view, adder, found.bias, scale) : null;
  return {
    node,
    input,
    k,
    n,
    perPlace: 1,
    kernel: null,
    bias: bias && bias.tensor.dims.at(-1) === n ? bias : null,
    matrix: (context) => matrixOf(linear, context),
    stored: (matrix, rows) => {
      const plain = alpha === 1 ? matrix : matrix.map((value) => value / alpha);
      return transB ? float32([n, rows], transposed(plain, rows, n)) : float32([rows, n], plain);
    },
  };
};
