import { SteelyardError } from '../../contracts/index.ts';
import type { DataType, Tensor, ValueArray } from '../../contracts/index.ts';
import { bitsOf, byteLengthOf, elementCount } from './dtype.ts';
import { bfloat16ToFloats, halfToFloats } from './half.ts';
import { decodeFloat8, isFloat8 } from './float8.ts';

type NumericArray = Exclude<ValueArray, readonly string[]>;

interface ArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericArray;
}

/** The array that holds a type's elements: float16 and bfloat16 as bits, complex as pairs, bool and packed types as bytes. */
const classOf = (dtype: DataType): ArrayClass => {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return Float32Array;
    case 'float64':
    case 'complex128':
      return Float64Array;
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return Uint16Array;
    case 'int8':
      return Int8Array;
    case 'int16':
      return Int16Array;
    case 'int32':
      return Int32Array;
    case 'uint32':
      return Uint32Array;
    case 'int64':
      return BigInt64Array;
    case 'uint64':
      return BigUint64Array;
    default:
      bitsOf(dtype);
      return Uint8Array;
  }
};

/** The bytes seen as numbers, without a copy. Shapes: one entry an element, row-major; complex types give two (real, imaginary);
 *  types under 8 bits stay packed bytes (see `unpack`).
 *  Errors: `model/data` when the bytes are not aligned for the type or no whole number of elements; `model/dtype` for strings. */
export const viewOf = (dtype: DataType, bytes: Uint8Array): NumericArray => {
  const Class = classOf(dtype);
  const width = Class.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % width !== 0 || bytes.byteLength % width !== 0)
    throw new SteelyardError(
      'model/data',
      `${bytes.byteLength} bytes at offset ${bytes.byteOffset} cannot be seen as ${dtype}: both must be multiples of ${width}`,
      'read the tensor with readTensor, which aligns it',
    );
  return new Class(bytes.buffer, bytes.byteOffset, bytes.byteLength / width);
};

/** Little-endian bytes of an array, without a copy. */
export const bytesOf = (array: NumericArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** 4-bit and 2-bit integers, one per entry, from packed bytes (first element in the lowest bits). float4e2m1 gives its codes 0–15.
 *  Shapes: bytes [ceil(count·bits/8)] → [count]. Errors: `model/data` when there are too few bytes.
 *  Source: onnx.proto, TensorProto.raw_data. */
export const unpack = (dtype: DataType, bytes: Uint8Array, count: number): Int8Array | Uint8Array => {
  const bits = bitsOf(dtype);
  const signed = dtype === 'int4' || dtype === 'int2';
  const out = signed ? new Int8Array(count) : new Uint8Array(count);
  const perByte = 8 / bits;
  if (bytes.length * perByte < count)
    throw new SteelyardError('model/data', `${bytes.length} bytes hold fewer than ${count} elements of ${dtype}`);
  const mask = (1 << bits) - 1;
  const half = 1 << (bits - 1);
  for (let index = 0; index < count; index++) {
    const value = (bytes[Math.floor(index / perByte)]! >>> ((index % perByte) * bits)) & mask;
    out[index] = signed && value >= half ? value - 2 * half : value;
  }
  return out;
};

/** The reverse of `unpack`. Errors: `model/data` for a value outside of the type's range. */
export const pack = (dtype: DataType, values: ArrayLike<number>): Uint8Array => {
  const bits = bitsOf(dtype);
  const perByte = 8 / bits;
  const signed = dtype === 'int4' || dtype === 'int2';
  const [low, high] = signed ? [-(1 << (bits - 1)), (1 << (bits - 1)) - 1] : [0, (1 << bits) - 1];
  const out = new Uint8Array(Math.ceil(values.length / perByte));
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!(value >= low && value <= high))
      throw new SteelyardError('model/data', `element ${index} is ${value}, ${dtype} holds ${low} to ${high}`);
    const at = Math.floor(index / perByte);
    out[at] = out[at]! | ((value & ((1 << bits) - 1)) << ((index % perByte) * bits));
  }
  return out;
};

const encoder = new TextEncoder();

/** An inline tensor from one value per element (two for complex types; types under 8 bits are packed here; strings become UTF-8).
 *  The array is taken over, not copied: do not write to it afterwards.
 *  Errors: `model/data` when the array's class or length does not fit, `model/absurd` for impossible dimensions. */
export const tensor = (dtype: DataType, dims: readonly number[], data: ValueArray): Tensor => {
  const count = elementCount(dims);
  if (Array.isArray(data) || !ArrayBuffer.isView(data)) {
    if (dtype !== 'string' || data.length !== count) throw misfit(dtype, dims, `${data.length} strings`);
    return {
      dtype,
      dims,
      data: { kind: 'strings', values: (data as readonly string[]).map((text) => encoder.encode(text)) },
    };
  }
  const found = `${data.constructor.name} of ${data.length}`;
  if (dtype === 'string') throw misfit(dtype, dims, found);
  if (bitsOf(dtype) < 8) {
    if (!(data instanceof Uint8Array || data instanceof Int8Array) || data.length !== count)
      throw misfit(dtype, dims, found);
    return { dtype, dims, data: { kind: 'inline', bytes: pack(dtype, data) } };
  }
  if (!(data instanceof classOf(dtype)) || data.byteLength !== byteLengthOf(dtype, dims))
    throw misfit(dtype, dims, found);
  return { dtype, dims, data: { kind: 'inline', bytes: bytesOf(data) } };
};

const misfit = (dtype: DataType, dims: readonly number[], found: string): SteelyardError =>
  new SteelyardError('model/data', `a ${dtype} tensor of shape [${dims.join(', ')}] cannot be made from ${found}`);

/** An inline tensor from bytes that are packed already. Errors: `model/data` when the length does not fit the shape. */
export const rawTensor = (dtype: DataType, dims: readonly number[], bytes: Uint8Array): Tensor => {
  const expected = byteLengthOf(dtype, dims);
  if (bytes.byteLength !== expected) throw misfit(dtype, dims, `${bytes.byteLength} bytes, expected ${expected}`);
  return { dtype, dims, data: { kind: 'inline', bytes } };
};

/** Values as float32 whatever the stored type; float64 and 64-bit integers round. A float32 result is a view of the bytes, not a copy.
 *  Shapes: one entry an element; types under 8 bits: all elements of the bytes, padding included.
 *  Errors: `model/data` for unaligned bytes, `model/dtype` for strings, complex and float4/float8e8m0 types. */
export const toFloat32 = (dtype: DataType, bytes: Uint8Array): Float32Array => {
  if (isFloat8(dtype)) return decodeFloat8(dtype, bytes);
  switch (dtype) {
    case 'float32':
      return viewOf(dtype, bytes) as Float32Array;
    case 'float16':
      return halfToFloats(viewOf(dtype, bytes) as Uint16Array);
    case 'bfloat16':
      return bfloat16ToFloats(viewOf(dtype, bytes) as Uint16Array);
    case 'int64':
    case 'uint64': {
      const values = viewOf(dtype, bytes) as BigInt64Array | BigUint64Array;
      const out = new Float32Array(values.length);
      for (let index = 0; index < values.length; index++) out[index] = Number(values[index]);
      return out;
    }
    case 'uint4':
    case 'int4':
    case 'uint2':
    case 'int2':
      return Float32Array.from(unpack(dtype, bytes, bytes.length * (8 / bitsOf(dtype))));
    case 'float64':
    case 'int8':
    case 'uint8':
    case 'bool':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
      return new Float32Array(viewOf(dtype, bytes) as Float64Array);
    default:
      throw new SteelyardError('model/dtype', `values of type ${dtype} cannot be read as float32`);
  }
};
