import type { DataType, Tensor } from '../../../contracts/index.ts';
import { byteLengthOf, elementCount, pack, rawTensor, tensor } from '../../tensor/index.ts';
import type { Reader } from './reader.ts';
import { parseDataType, parseShape } from './types.ts';
import { fault } from './tokens.ts';
import type { Token } from './tokens.ts';
import { numberOf, parseBase64 } from './literals.ts';

const toUtf8 = new TextEncoder();

const integers: Partial<
  Record<DataType, (values: readonly number[]) => ArrayLike<number> & { buffer: ArrayBufferLike }>
> = {
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  bool: (values) => Uint8Array.from(values),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int32: (values) => Int32Array.from(values),
  uint32: (values) => Uint32Array.from(values),
};

const fromNumbers = (dtype: DataType, dims: readonly number[], items: readonly Token[], at: Token): Tensor => {
  const numbers = items.map(numberOf);
  if (dtype === 'int64' || dtype === 'uint64') {
    const whole = numbers.map((one, i) =>
      one.kind === 'int' ? one.value : fault(items[i] ?? at, `expected a whole number`, 'text/type'),
    );
    return tensor(dtype, dims, dtype === 'int64' ? BigInt64Array.from(whole) : BigUint64Array.from(whole));
  }
  const values = numbers.map((one) => Number(one.value));
  if (dtype === 'float32') return tensor(dtype, dims, Float32Array.from(values));
  if (dtype === 'float64') return tensor(dtype, dims, Float64Array.from(values));
  if (dtype === 'int4' || dtype === 'uint4' || dtype === 'int2' || dtype === 'uint2')
    return rawTensor(dtype, dims, pack(dtype, values));
  const make = integers[dtype];
  if (!make) return fault(at, `values of type ${dtype} are written as blob "base64"`, 'text/type');
  const array = make(values);
  if (values.some((value, i) => array[i] !== value)) fault(at, `a value does not fit ${dtype}`, 'text/type');
  return tensor(dtype, dims, array as Int8Array);
};

/** A tensor: `float32[2, 2] {1, 2, 3, 4}`, `float16[2] {blob "…"}`, or `float32[9, 9] {...}` with the weights given aside.
 *  Errors: `text/type`, `text/elided`, `text/syntax`. */
export const parseTensor = (reader: Reader, given: Tensor | undefined): Tensor => {
  const start = reader.peek();
  const dtype = parseDataType(reader);
  const dims = parseShape(reader).map((dim) =>
    typeof dim === 'number' && dim >= 0 ? dim : fault(start, 'a tensor has known sizes', 'text/type'),
  );
  reader.expect('{');
  if (reader.take('...')) {
    if (reader.peek().kind === 'string') reader.next();
    reader.expect('}');
    if (!given) return fault(start, 'the weights are not in the text and were not given', 'text/elided');
    if (given.dtype !== dtype || given.dims.join() !== dims.join())
      fault(start, `the given tensor is ${given.dtype}[${given.dims.join(', ')}]`, 'text/type');
    return given;
  }
  if (reader.peek().text === 'blob' && reader.peek(1).kind === 'string') {
    reader.next();
    const bytes = parseBase64(reader);
    reader.expect('}');
    if (bytes.length !== byteLengthOf(dtype, dims))
      fault(start, `${bytes.length} bytes do not fill the shape`, 'text/type');
    return rawTensor(dtype, dims, bytes);
  }
  if (dtype === 'string') return parseStrings(reader, dims, start);
  const items = reader.list('}', () => {
    const token = reader.next();
    return token.kind === 'number' ? token : fault(token, `expected a number, found ${token.text}`);
  });
  if (items.length !== elementCount(dims)) fault(start, `${items.length} values do not fill the shape`, 'text/type');
  return fromNumbers(dtype, dims, items, start);
};

const parseStrings = (reader: Reader, dims: readonly number[], start: Token): Tensor => {
  const values = reader.list('}', () => {
    if (reader.peek().text === 'text' && reader.peek().kind === 'name') {
      reader.next();
      return parseBase64(reader);
    }
    const token = reader.next();
    return token.kind === 'string' ? toUtf8.encode(token.text) : fault(token, 'expected a string in quotes');
  });
  if (values.length !== elementCount(dims)) fault(start, `${values.length} values do not fill the shape`, 'text/type');
  return { dtype: 'string', dims, data: { kind: 'strings', values } };
};
