import type { DataType, Tensor, TensorData } from '../../contracts/index.ts';
import { bytesOf, byteLengthOf, dataTypeOf, elementCount } from '../tensor/index.ts';
import type { ExternalResolver } from './external.ts';
import { extraOf } from './extra.ts';
import { invalid, mismatch } from './faults.ts';
import { TensorProtoSchema, TensorProto_DataLocation } from './generated/onnx_pb.ts';
import type { TensorProto } from './generated/onnx_pb.ts';
import type { Cut } from './skeleton.ts';

/** What reading tensors needs to know about the file around them. */
export interface Surroundings {
  /** The file's path, or words for bytes in memory: for messages. */
  readonly where: string;
  /** Absolute path of the file that cuts refer to; null when nothing was cut. */
  readonly path: string | null;
  cutOf(rawData: Uint8Array): Cut | null;
  readonly external: ExternalResolver;
}

const payloadFields = [
  'floatData',
  'int32Data',
  'int64Data',
  'doubleData',
  'uint64Data',
  'stringData',
  'rawData',
] as const;
const always = ['dims', 'dataType', 'name', 'externalData', 'dataLocation'];
const namedWhenKnown: ReadonlySet<string> = new Set([...always, ...payloadFields]);
/** An element type that no known ONNX version defines keeps its number and typed data in `extra`. */
const namedWhenUnknown: ReadonlySet<string> = new Set(['dims', 'name', 'rawData', 'externalData', 'dataLocation']);

type TypedField = Exclude<(typeof payloadFields)[number], 'rawData'>;

/** The typed field that holds a type's elements. Source: onnx.proto, comments of TensorProto. */
const fieldOf = (dtype: DataType): TypedField => {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return 'floatData';
    case 'float64':
    case 'complex128':
      return 'doubleData';
    case 'int64':
      return 'int64Data';
    case 'uint32':
    case 'uint64':
      return 'uint64Data';
    case 'string':
      return 'stringData';
    default:
      return 'int32Data';
  }
};

/** Typed elements as the little-endian bytes that raw_data would hold. */
const packTyped = (dtype: DataType, message: TensorProto): Uint8Array => {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return bytesOf(Float32Array.from(message.floatData));
    case 'float64':
    case 'complex128':
      return bytesOf(Float64Array.from(message.doubleData));
    case 'int64':
      return bytesOf(BigInt64Array.from(message.int64Data));
    case 'uint64':
      return bytesOf(BigUint64Array.from(message.uint64Data));
    case 'uint32':
      return bytesOf(Uint32Array.from(message.uint64Data, Number));
    case 'int32':
      return bytesOf(Int32Array.from(message.int32Data));
    case 'int16':
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return bytesOf(Uint16Array.from(message.int32Data));
    default:
      // One byte an entry: 8-bit types and bool hold one element, 4-bit types two, 2-bit types four.
      return Uint8Array.from(message.int32Data);
  }
};

const dimsOf = (message: TensorProto, what: string): number[] =>
  message.dims.map((dim) => {
    if (dim < 0n || dim > BigInt(Number.MAX_SAFE_INTEGER)) throw mismatch(what, `dimension ${dim} cannot exist`);
    return Number(dim);
  });

const cutData = (cut: Cut, dtype: DataType, around: Surroundings, what: string): TensorData => {
  const fits = cut.field === 'raw_data' || fieldOf(dtype) === (cut.field === 'float_data' ? 'floatData' : 'doubleData');
  if (!fits) throw invalid(what, `${cut.field} cannot hold ${dtype} elements`);
  if (around.path === null) throw new Error('a cut without a file');
  return { kind: 'file', path: around.path, offset: cut.offset, length: cut.length };
};

const dataOf = (
  message: TensorProto,
  dtype: DataType,
  dims: number[],
  around: Surroundings,
  what: string,
): TensorData => {
  const looked = dtype === 'undefined' ? (['rawData'] as const) : payloadFields;
  const filled = looked.filter((field) => message[field].length > 0);
  const [field] = filled;
  if (filled.length > 1) throw invalid(what, `the data is given twice (${filled.join(' and ')})`);
  if (message.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    if (field !== undefined) throw invalid(what, 'the data is given twice (external and inside of the model)');
    return around.external(what, message, dtype === 'undefined' ? 0 : byteLengthOf(dtype, dims));
  }
  if (dtype === 'string') {
    if (field !== undefined && field !== 'stringData') throw invalid(what, `${field} cannot hold strings`);
    if (message.stringData.length !== elementCount(dims))
      throw mismatch(what, `${message.stringData.length} strings for the shape [${dims.join(', ')}]`);
    return { kind: 'strings', values: message.stringData };
  }
  if (field === 'rawData') {
    const cut = around.cutOf(message.rawData);
    return cut ? cutData(cut, dtype, around, what) : { kind: 'inline', bytes: message.rawData };
  }
  if (dtype === 'undefined') return { kind: 'inline', bytes: new Uint8Array(0) };
  const expected = fieldOf(dtype);
  if (field !== undefined && field !== expected) throw invalid(what, `${field} cannot hold ${dtype} elements`);
  return { kind: 'inline', bytes: packTyped(dtype, message) };
};

/** A TensorProto as a noun; its data becomes raw little-endian bytes, strings or a file range.
 *  Errors: `model/data` when data and shape disagree, `model/invalid` for data given twice or in a field of another type,
 *  `model/absurd` for shapes too large to exist, `model/path-escape` and `model/external-data` for external data. */
export const tensorOf = (message: TensorProto, around: Surroundings): Tensor => {
  const what = `${around.where}: tensor ${JSON.stringify(message.name.slice(0, 200))}`;
  const known = dataTypeOf(message.dataType);
  const dtype = known ?? 'undefined';
  const dims = dimsOf(message, what);
  const data = dataOf(message, dtype, dims, around, what);
  if (dtype !== 'undefined' && data.kind !== 'strings') {
    const expected = byteLengthOf(dtype, dims);
    const length = data.kind === 'inline' ? data.bytes.byteLength : data.length;
    if (length !== expected)
      throw mismatch(what, `${length} bytes of data, but ${dtype}[${dims.join(', ')}] takes ${expected}`);
  }
  const extra = extraOf(TensorProtoSchema, message, dtype === 'undefined' ? namedWhenUnknown : namedWhenKnown);
  return extra ? { dtype, dims, data, extra } : { dtype, dims, data };
};
