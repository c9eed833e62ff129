import type { DataType } from '../../../contracts/index.ts';
import { elementCount, readTensorSync, toFloat32 } from '../../tensor/index.ts';
import type { Draft } from '../edit.ts';

/** Relative spacing of a type's numbers. */
const precisions: Partial<Record<DataType, number>> = { float16: 2 ** -10, bfloat16: 2 ** -7 };

const functions: Readonly<Record<string, (a: number) => number>> = {
  Cast: (a) => a,
  Identity: (a) => a,
  Unsqueeze: (a) => a,
  Squeeze: (a) => a,
  Reshape: (a) => a,
  Neg: (a) => -a,
  Sqrt: Math.sqrt,
  Reciprocal: (a) => 1 / a,
};

const numeric = new Set<DataType>(
  'float32 float64 float16 bfloat16 int8 uint8 int16 uint16 int32 uint32 int64 uint64'.split(' ') as DataType[],
);

export interface ScalarConstant {
  readonly value: number;
  /** Relative precision of the coarsest type on the way; 0 where it does not matter. */
  readonly precision: number;
  /** Number of its dimensions, all of size 1: an operator on it and a smaller value widens that value. */
  readonly rank: number;
}

/** The one number behind a name: a constant of one element, or a few simple operators on one. null: not a constant, not one
 *  element, not a number. Integers to float are exact up to 2^24; a float Cast to an integer type is not followed.
 *  Errors: `model/data` when the file is gone. */
export const scalarConstant = (draft: Draft, name: string, depth = 4): ScalarConstant | null => {
  const tensor = draft.constant(name) ?? draft.captured(name);
  if (tensor) {
    if (!numeric.has(tensor.dtype) || elementCount(tensor.dims) !== 1) return null;
    const bytes = readTensorSync(tensor);
    const found =
      tensor.dtype === 'float64'
        ? new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true)
        : toFloat32(tensor.dtype, bytes)[0];
    return found === undefined
      ? null
      : { value: found, precision: precisions[tensor.dtype] ?? 0, rank: tensor.dims.length };
  }
  const node = draft.producer(name);
  if (!node || depth === 0 || node.domain !== '' || !Object.hasOwn(functions, node.op)) return null;
  const dtype = draft.dtype(name);
  if (node.op === 'Cast' && dtype !== null && !dtype.includes('float')) return null;
  const inner = scalarConstant(draft, node.inputs[0] ?? '', depth - 1);
  const made = inner && functions[node.op]?.(inner.value);
  if (!inner || made === undefined || made === null) return null;
  const precision = Math.max(inner.precision, (dtype && precisions[dtype]) || 0);
  const keeps = !['Unsqueeze', 'Squeeze', 'Reshape'].includes(node.op);
  const rank = keeps ? inner.rank : draft.shape(name)?.length;
  return rank === undefined ? null : { value: made, precision, rank };
};
