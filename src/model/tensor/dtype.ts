import { SteelyardError } from '../../contracts/index.ts';
import type { DataType } from '../../contracts/index.ts';

/** ONNX number and bits per element of each data type; 0 bits: the type has no fixed width.
 *  Source: onnx.proto, TensorProto.DataType (numbers are the protobuf values, IR version 14). */
const table = {
  undefined: [0, 0],
  float32: [1, 32],
  uint8: [2, 8],
  int8: [3, 8],
  uint16: [4, 16],
  int16: [5, 16],
  int32: [6, 32],
  int64: [7, 64],
  string: [8, 0],
  bool: [9, 8],
  float16: [10, 16],
  float64: [11, 64],
  uint32: [12, 32],
  uint64: [13, 64],
  complex64: [14, 64],
  complex128: [15, 128],
  bfloat16: [16, 16],
  float8e4m3fn: [17, 8],
  float8e4m3fnuz: [18, 8],
  float8e5m2: [19, 8],
  float8e5m2fnuz: [20, 8],
  uint4: [21, 4],
  int4: [22, 4],
  float4e2m1: [23, 4],
  float8e8m0: [24, 8],
  uint2: [25, 2],
  int2: [26, 2],
} as const satisfies Record<DataType, readonly [number, number]>;

const byNumber = new Map<number, DataType>(
  Object.entries(table).map(([name, [number]]) => [number, name as DataType] as const),
);

/** Every data type, in the order of the ONNX numbers. */
export const dataTypes: readonly DataType[] = [...byNumber.values()];

/** The TensorProto.DataType number of a data type. */
export const onnxNumberOf = (dtype: DataType): number => table[dtype][0];

/** The data type with this TensorProto.DataType number, or null when no known ONNX version defines it. */
export const dataTypeOf = (onnxNumber: number): DataType | null => byNumber.get(onnxNumber) ?? null;

/** Bits per element; 4-bit and 2-bit types are packed without gaps.
 *  Errors: `model/dtype` for strings and undefined, whose elements have no fixed width. */
export const bitsOf = (dtype: DataType): number => {
  const bits = table[dtype][1];
  if (bits === 0)
    throw new SteelyardError(
      'model/dtype',
      `elements of type ${dtype} have no fixed width, a numeric type was expected`,
      'convert or leave out this tensor',
    );
  return bits;
};

/** Number of elements: the product of the dimensions; 1 for a scalar (no dimensions).
 *  Errors: `model/absurd` for a negative or fractional dimension, or a product above 2^53 − 1. */
export const elementCount = (dims: readonly number[]): number => {
  let count = 1;
  let empty = false;
  let absurd = false;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0)
      throw new SteelyardError('model/absurd', `a tensor of shape ${shapeText(dims)} cannot exist`, broken);
    if (dim === 0) empty = true;
    count *= dim;
    if (count > Number.MAX_SAFE_INTEGER) absurd = true;
  }
  if (empty) return 0;
  if (absurd)
    throw new SteelyardError('model/absurd', `a tensor of shape ${shapeText(dims)} is too large to exist`, broken);
  return count;
};

const broken = 'the file is damaged or hostile: get it again from its source';

const shapeText = (dims: readonly number[]): string =>
  dims.length > 16 ? `[${dims.slice(0, 16).join(', ')}, … ${dims.length} dimensions]` : `[${dims.join(', ')}]`;

/** Bytes that a tensor's packed data takes.
 *  Errors: `model/absurd` above 2^53 − 1 bytes or for impossible dimensions, `model/dtype` for types without a width. */
export const byteLengthOf = (dtype: DataType, dims: readonly number[]): number => {
  const bits = bitsOf(dtype);
  const count = elementCount(dims);
  const length = bits < 8 ? Math.ceil(count / (8 / bits)) : count * (bits / 8);
  if (length > Number.MAX_SAFE_INTEGER)
    throw new SteelyardError('model/absurd', `a ${dtype} tensor of shape ${shapeText(dims)} is too large`, broken);
  return length;
};
