import type { Attribute, Node, Tensor, Value } from '../../contracts/index.ts';
import { float, int, ints } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { channelMeans, type ProbeNodes, type Statistic } from '../calibrate/index.ts';

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node => ({ name: '', op, domain: '', inputs: [...inputs], outputs: [output], attributes });

const integers = (values: readonly number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values, BigInt));

const floats = (value: Value): Float32Array => value.data as Float32Array;

/** [rows, width] of a value whose last axis is that wide. */
export const asRows = (value: string, output: string, prefix: string, width: number): ProbeNodes => ({
  nodes: [node('Reshape', [value, `${prefix}_row_shape`], output)],
  initializers: new Map([[`${prefix}_row_shape`, integers([-1, width])]]),
});

/** Rows with a column of ones behind them, in the form that the operator set asks for. */
export const withOnes = (rows: string, output: string, prefix: string, opset: number): ProbeNodes =>
  opset >= 11
    ? {
        nodes: [node('Pad', [rows, `${prefix}_ends`, `${prefix}_one`], output)],
        initializers: new Map([
          [`${prefix}_ends`, integers([0, 0, 0, 1])],
          [`${prefix}_one`, tensor('float32', [], Float32Array.of(1))],
        ]),
      }
    : { nodes: [node('Pad', [rows], output, { pads: ints([0, 0, 0, 1]), value: float(1) })] };

export const together = (...parts: readonly ProbeNodes[]): ProbeNodes => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  initializers: new Map(parts.flatMap(({ initializers }) => [...(initializers ?? [])])),
});

export interface Moments extends Statistic {
  /** Σ zᵀz, z = [x, 1]. [k + 1, k + 1]. */
  readonly matrix: () => Float32Array;
}

const momentsFrom = (k: number, rows: (value: string, output: string, prefix: string) => ProbeNodes): Moments => {
  let sum: Float32Array | null = null;
  return {
    kind: 'sum',
    dims: [k + 1, k + 1],
    nodes: (value, output, prefix, opset) =>
      together(rows(value, `${prefix}_rows`, prefix), withOnes(`${prefix}_rows`, `${prefix}_z`, prefix, opset), {
        nodes: [
          node('Transpose', [`${prefix}_z`], `${prefix}_turned`, { perm: ints([1, 0]) }),
          node('MatMul', [`${prefix}_turned`, `${prefix}_z`], output),
        ],
      }),
    add: (value) => {
      sum = floats(value);
    },
    matrix: () => sum ?? new Float32Array((k + 1) ** 2),
  };
};

/** Second moments of the rows of a value and its mean, together. Shapes: […, k] → [k + 1, k + 1]. */
export const moments = (k: number): Moments =>
  momentsFrom(k, (value, output, prefix) => asRows(value, output, prefix, k));

/** The same for what a convolution sees at each place: its input's patches, channel by channel, cut out by kernels with a single one.
 *  Shapes: [batch, channels, …] → [channels · kernel + 1, ·]. */
export const patchMoments = (convolution: Node, kernel: readonly number[]): Moments => {
  const [, channels = 0, ...sizes] = kernel;
  const places = sizes.reduce((product, size) => product * size, 1);
  const k = channels * places;
  const rank = sizes.length + 2;
  const { kernel_shape: _, ...attributes } = convolution.attributes;
  return momentsFrom(k, (value, output, prefix) => {
    const single = new Float32Array(k * k);
    for (let i = 0; i < k; i++) single[i * k + i] = 1;
    const perm = [0, ...Array.from({ length: rank - 2 }, (_unused, i) => i + 2), 1];
    return together(
      {
        nodes: [
          node('Conv', [value, `${prefix}_single`], `${prefix}_patches`, attributes),
          node('Transpose', [`${prefix}_patches`], `${prefix}_last`, { perm: ints(perm) }),
        ],
        initializers: new Map([[`${prefix}_single`, tensor('float32', [k, channels, ...sizes], single)]]),
      },
      asRows(`${prefix}_last`, output, prefix, k),
    );
  });
};

/** Mean of |x| for each place along any axis. Shapes: a value of `rank` axes → [width]. */
export const magnitudesAlong = (
  axis: number,
  rank: number,
  width: number,
): Statistic & { readonly mean: () => Float64Array } => {
  const inner = channelMeans(width, true);
  if (axis === rank - 1) return inner;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  return {
    ...inner,
    nodes: (value, output, prefix, opset) =>
      together(
        { nodes: [node('Transpose', [value], `${prefix}_turned`, { perm: ints([...others, axis]) })] },
        inner.nodes(`${prefix}_turned`, output, prefix, opset),
      ),
  };
};

/** Sum over one axis in the form that the operator set asks for. */
const sumOver = (input: string, output: string, axis: number, opset: number): ProbeNodes =>
  opset >= 13
    ? {
        nodes: [node('ReduceSum', [input, `${output}_axis`], output, { keepdims: int(0) })],
        initializers: new Map([[`${output}_axis`, integers([axis])]]),
      }
    : { nodes: [node('ReduceSum', [input], output, { axes: ints([axis]), keepdims: int(0) })] };

/** Σ over rows of ‖x_u · W_u‖: how much each unit of a layer's input gives to its output. Units are equal runs of inputs.
 *  Shapes: x […, units · size], weight [units · size, n] → [units]. */
export const contributions = (
  weight: Float32Array,
  units: number,
  size: number,
  n: number,
): Statistic & { readonly sums: Float64Array } => {
  const sums = new Float64Array(units);
  return {
    kind: 'small',
    nodes: (value, output, prefix, opset) =>
      together(
        {
          nodes: [
            node('Reshape', [value, `${prefix}_shape`], `${prefix}_units`),
            node('Transpose', [`${prefix}_units`], `${prefix}_turned`, { perm: ints([1, 0, 2]) }),
            node('MatMul', [`${prefix}_turned`, `${prefix}_weight`], `${prefix}_given`),
            node('Mul', [`${prefix}_given`, `${prefix}_given`], `${prefix}_squares`),
          ],
          initializers: new Map([
            [`${prefix}_shape`, integers([-1, units, size])],
            [`${prefix}_weight`, tensor('float32', [units, size, n], weight)],
          ]),
        },
        sumOver(`${prefix}_squares`, `${prefix}_norms`, 2, opset),
        { nodes: [node('Sqrt', [`${prefix}_norms`], `${prefix}_roots`)] },
        sumOver(`${prefix}_roots`, output, 1, opset),
      ),
    add: (value) => {
      const batch = floats(value);
      for (let i = 0; i < units; i++) sums[i]! += batch[i]!;
    },
    sums,
  };
};
