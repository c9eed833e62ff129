import type { Context, Tensor } from '../../contracts/index.ts';
import { elementCount, readTensorSync, viewOf } from '../../model/tensor/index.ts';

const integers = new Set(['int32', 'int64']);

/** Larger constants hold no positions. */
const mostEntries = 1 << 20;

/** The numbers of a constant of integers that is not large; null otherwise. Reads it at once. Errors: `model/data`. */
export const integersOf = (tensor: Tensor): readonly number[] | null =>
  integers.has(tensor.dtype) && elementCount(tensor.dims) <= mostEntries
    ? Array.from(viewOf(tensor.dtype, readTensorSync(tensor)) as ArrayLike<number | bigint>, Number)
    : null;

/** The ids that a constant holds; null when it holds no integers. Errors: those of reading. */
export const idsOfConstant = async (tensor: Tensor, context: Context): Promise<readonly number[] | null> =>
  integers.has(tensor.dtype)
    ? Array.from(viewOf(tensor.dtype, await context.bytes(tensor)) as ArrayLike<number | bigint>, Number)
    : null;

/** The constant with its ids mapped; numbers that are no id of the table stay. Errors: those of reading. */
export const mapConstant = async (
  tensor: Tensor,
  ids: ReadonlyMap<number, number>,
  context: Context,
): Promise<Tensor> => {
  const mapped = ((await idsOfConstant(tensor, context)) ?? []).map((id) => ids.get(id) ?? id);
  const values = tensor.dtype === 'int64' ? BigInt64Array.from(mapped, BigInt) : Int32Array.from(mapped);
  return { dtype: tensor.dtype, dims: tensor.dims, data: { kind: 'inline', bytes: new Uint8Array(values.buffer) } };
};
