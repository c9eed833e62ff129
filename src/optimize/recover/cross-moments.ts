import { int, ints } from '../../model/graph/index.ts';
import type { Node, Tensor } from '../../contracts/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import type { Statistic } from '../calibrate/index.ts';
import { asRows, together, withOnes } from '../prune/structured-statistics.ts';

const integers = (values: readonly number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values, BigInt));

export interface CrossMoments extends Statistic {
  /** Σ zᵀz, z = [x, 1]. [k + 1, k + 1]. */
  readonly moments: () => Float32Array;
  /** Σ zᵀy. [k + 1, n]. */
  readonly cross: () => Float32Array;
  /** Σ y² of each column. [n]. */
  readonly squares: () => Float32Array;
}

/** What least squares from one value to another needs, added up inside the session. The two must have as many rows.
 *  Shapes: x […, k], y […, n]. */
export const crossMoments = (k: number, target: string, n: number): CrossMoments => {
  const [rows, columns] = [k + 2, k + 1 + n];
  let sum: Float32Array | null = null;
  const node = (op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => ({
    name: '',
    op,
    domain: '',
    inputs: [...inputs],
    outputs: [output],
    attributes,
  });
  const block = (height: number, from: number, width: number, top = 0): Float32Array => {
    const result = new Float32Array(height * width);
    for (let row = 0; sum && row < height; row++)
      result.set(sum.subarray((top + row) * columns + from, (top + row) * columns + from + width), row * width);
    return result;
  };
  return {
    kind: 'sum',
    dims: [rows, columns],
    nodes: (value, output, prefix, opset) =>
      together(
        asRows(value, `${prefix}_rows`, prefix, k),
        withOnes(`${prefix}_rows`, `${prefix}_z`, prefix, opset),
        asRows(target, `${prefix}_y`, `${prefix}_t`, n),
        {
          nodes: [
            node('Concat', [`${prefix}_z`, `${prefix}_y`], `${prefix}_zy`, { axis: int(1) }),
            node('Transpose', [`${prefix}_z`], `${prefix}_turned`, { perm: ints([1, 0]) }),
            node('MatMul', [`${prefix}_turned`, `${prefix}_zy`], `${prefix}_products`),
            node('Mul', [`${prefix}_zy`, `${prefix}_zy`], `${prefix}_squares`),
            opset >= 13
              ? node('ReduceSum', [`${prefix}_squares`, `${prefix}_axis`], `${prefix}_sums`, { keepdims: int(1) })
              : node('ReduceSum', [`${prefix}_squares`], `${prefix}_sums`, { axes: ints([0]), keepdims: int(1) }),
            node('Concat', [`${prefix}_products`, `${prefix}_sums`], output, { axis: int(0) }),
          ],
          initializers: new Map([[`${prefix}_axis`, integers([0])]]),
        },
      ),
    add: (value) => {
      sum = value.data as Float32Array;
    },
    moments: () => block(k + 1, 0, k + 1),
    cross: () => block(k + 1, k + 1, n),
    squares: () => block(1, k + 1, n, k + 1),
  };
};
