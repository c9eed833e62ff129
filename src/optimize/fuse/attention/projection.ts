import type { Context, Tensor } from '../../../contracts/index.ts';
import { floatOf, intOf } from '../../../model/graph/index.ts';
import { tensor, toFloat32 } from '../../../model/tensor/index.ts';
import { maker, sameSize, through, type View } from './heads.ts';

/** input · weight + bias, columns [first, first + width) of it. */
export interface Projection {
  /** [batch, rows, inner]. */
  readonly input: string;
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly first: number;
  readonly width: number;
}

/** value + bias along the last axis: both; the value alone where there is no such Add. */
export const withoutBias = (view: View, flat: string): { readonly name: string; readonly bias: Tensor | null } => {
  const add = maker(view, flat, 'Add');
  const width = view.sizes.dims(flat)?.at(-1);
  for (const [a, b] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const bias = add && view.draft.constant(add.inputs[b] ?? '');
    const name = add?.inputs[a] ?? '';
    if (bias?.dtype === 'float32' && bias.dims.length === 1 && bias.dims[0] === width)
      if (view.sizes.dims(name)?.length === view.sizes.dims(flat)?.length) return { name, bias };
  }
  return { name: flat, bias: null };
};

const matrix = (view: View, name: string): Tensor | null => {
  const weight = view.draft.constant(name);
  return weight?.dtype === 'float32' && weight.dims.length === 2 ? weight : null;
};

/** The product with a constant matrix that made a value [batch, rows, width]: MatMul with an Add, or Gemm between two
 *  Reshapes; or a part of one that was split. null when it is none. */
export const projectionOf = (view: View, value: string): Projection | null => {
  const flat = through(view, value);
  const width = view.sizes.dims(flat)?.[2];
  if (typeof width !== 'number') return null;
  const split = maker(view, flat, 'Split');
  if (split) {
    if (![2, -1].includes(intOf(split, 'axis', 0))) return null;
    const whole = projectionOf(view, split.inputs[0] ?? '');
    let first = 0;
    for (const output of split.outputs) {
      const size = view.sizes.dims(output)?.[2];
      if (output === flat || typeof size !== 'number') break;
      first += size;
    }
    return whole && { ...whole, first: whole.first + first, width };
  }
  const { name, bias } = withoutBias(view, flat);
  const product = maker(view, through(view, name), 'MatMul');
  if (product) {
    const [input = '', second = ''] = product.inputs;
    const weight = matrix(view, second);
    return weight && view.sizes.dims(input)?.length === 3 ? { input, weight, bias, first: 0, width } : null;
  }
  const gemm = bias === null ? maker(view, maker(view, flat, 'Reshape')?.inputs[0] ?? '', 'Gemm') : null;
  const rows = gemm && maker(view, gemm.inputs[0] ?? '', 'Reshape');
  if (!gemm || !rows) return null;
  const plain =
    intOf(gemm, 'transA', 0) === 0 &&
    intOf(gemm, 'transB', 0) === 0 &&
    floatOf(gemm, 'alpha', 1) === 1 &&
    floatOf(gemm, 'beta', 1) === 1;
  const weight = matrix(view, gemm.inputs[1] ?? '');
  const third = gemm.inputs[2] ?? '';
  const added = third === '' ? null : view.draft.constant(third);
  const input = rows.inputs[0] ?? '';
  const [from, to] = [view.sizes.dims(input), view.sizes.dims(flat)];
  const fits = from?.length === 3 && sameSize(from[0], to?.[0]) && sameSize(from[1], to?.[1]);
  // Rows of a matrix: what was folded and unfolded again keeps its order only when the width stays apart.
  const apart = view.sizes.dims(rows.outputs[0] ?? '')?.at(-1) === from?.[2] && weight?.dims[0] === from?.[2];
  if (!plain || !weight || !fits || !apart || weight.dims[1] !== width) return null;
  if (third !== '' && (added?.dtype !== 'float32' || added.dims.length !== 1 || added.dims[0] !== width)) return null;
  return { input, weight, bias: added, first: 0, width };
};

/** Columns of float32 matrices [rows, ·] side by side: [rows, Σ width]. Peak memory: the result and one of them. */
export const packColumns = async (parts: readonly Projection[], rows: number, context: Context): Promise<Tensor> => {
  const total = parts.reduce((sum, one) => sum + one.width, 0);
  const packed = new Float32Array(rows * total);
  let place = 0;
  for (const { weight, first, width } of parts) {
    const numbers = toFloat32('float32', await context.bytes(weight));
    const columns = weight.dims[1] ?? 0;
    for (let row = 0; row < rows; row++)
      packed.set(numbers.subarray(row * columns + first, row * columns + first + width), row * total + place);
    place += width;
  }
  return tensor('float32', [rows, total], packed);
};

/** Biases one after the other; zeros where there is none; null where all are missing. */
export const packBiases = async (
  parts: readonly { readonly bias: Tensor | null; readonly first: number; readonly width: number }[],
  context: Context,
  always = false,
): Promise<Tensor | null> => {
  if (!always && parts.every(({ bias }) => bias === null)) return null;
  const packed = new Float32Array(parts.reduce((sum, one) => sum + one.width, 0));
  let place = 0;
  for (const { bias, first, width } of parts) {
    if (bias) packed.set(toFloat32('float32', await context.bytes(bias)).subarray(first, first + width), place);
    place += width;
  }
  return tensor('float32', [packed.length], packed);
};
