import { SteelyardError, type DataType, type Value, type ValueArray } from '../contracts/index.ts';
import { limits } from './limits.ts';

/** How the elements of a NumPy array lie in its bytes. */
interface Layout {
  readonly dtype: DataType;
  readonly bytes: number;
  read(bytes: Uint8Array): ValueArray;
}

const aligned = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

const layouts: Readonly<Record<string, Layout>> = {
  b1: { dtype: 'bool', bytes: 1, read: (bytes) => new Uint8Array(aligned(bytes)) },
  i1: { dtype: 'int8', bytes: 1, read: (bytes) => new Int8Array(aligned(bytes)) },
  u1: { dtype: 'uint8', bytes: 1, read: (bytes) => new Uint8Array(aligned(bytes)) },
  i2: { dtype: 'int16', bytes: 2, read: (bytes) => new Int16Array(aligned(bytes)) },
  u2: { dtype: 'uint16', bytes: 2, read: (bytes) => new Uint16Array(aligned(bytes)) },
  i4: { dtype: 'int32', bytes: 4, read: (bytes) => new Int32Array(aligned(bytes)) },
  u4: { dtype: 'uint32', bytes: 4, read: (bytes) => new Uint32Array(aligned(bytes)) },
  i8: { dtype: 'int64', bytes: 8, read: (bytes) => new BigInt64Array(aligned(bytes)) },
  u8: { dtype: 'uint64', bytes: 8, read: (bytes) => new BigUint64Array(aligned(bytes)) },
  f2: { dtype: 'float16', bytes: 2, read: (bytes) => new Uint16Array(aligned(bytes)) },
  f4: { dtype: 'float32', bytes: 4, read: (bytes) => new Float32Array(aligned(bytes)) },
  f8: { dtype: 'float64', bytes: 8, read: (bytes) => new Float64Array(aligned(bytes)) },
};

const fail = (where: string, what: string): never => {
  throw new SteelyardError(
    'data/npy',
    `${where}: ${what}`,
    'save the array with numpy.save or numpy.savez, without objects',
  );
};

/** NumPy's fixed-width strings: UTF-32 ("U") or bytes ("S"), zero-padded. */
const readStrings = (bytes: Uint8Array, kind: string, width: number, count: number, where: string): string[] => {
  const size = kind === 'U' ? width * 4 : width;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return Array.from({ length: count }, (_, index) => {
    const from = index * size;
    if (kind === 'S') {
      let end = from + size;
      while (end > from && bytes[end - 1] === 0) end--;
      try {
        return decoder.decode(bytes.subarray(from, end));
      } catch {
        return fail(where, `string ${index} is not valid UTF-8`);
      }
    }
    const points: number[] = [];
    for (let at = 0; at < width; at++) points.push(view.getUint32(from + at * 4, true));
    while (points.length > 0 && points.at(-1) === 0) points.pop();
    if (points.some((point) => point > 0x10ffff)) return fail(where, `string ${index} is not valid Unicode`);
    return points.map((point) => String.fromCodePoint(point)).join('');
  });
};

const swapBytes = (bytes: Uint8Array, size: number): Uint8Array => {
  const out = Uint8Array.from(bytes);
  for (let from = 0; from < out.length; from += size) out.subarray(from, from + size).reverse();
  return out;
};

/** Column-major to row-major. */
const toRowMajor = <T>(data: ArrayLike<T>, dims: readonly number[], put: (to: number, value: T) => void): void => {
  const index = dims.map(() => 0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (const [axis, size] of dims.entries()) to = to * size + index[axis]!;
    put(to, data[from]!);
    for (let axis = 0; axis < dims.length; axis++) {
      if (++index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
  }
};

/** One array in NumPy's format. Shapes: as stored, row-major on the way out. Strings come as dtype `string`.
 *  Errors: `data/npy` (damaged header, object arrays, unknown dtype, wrong size), `data/too-large`. Source: NEP 1, numpy.lib.format. */
export const parseNpy = (bytes: Uint8Array, where: string): Value => {
  if (bytes.length < 10 || bytes[0] !== 0x93 || Buffer.from(bytes.subarray(1, 6)).toString('latin1') !== 'NUMPY')
    return fail(where, 'not a NumPy array');
  const wide = bytes[6]! >= 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = wide ? 12 : 10;
  if (bytes.length < start) return fail(where, 'the header is cut off');
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (headerLength > 65_536 || start + headerLength > bytes.length) return fail(where, 'the header is cut off');
  const header = Buffer.from(bytes.subarray(start, start + headerLength)).toString('latin1');
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  if (descr === null) return fail(where, 'an array of objects or records, expected numbers or strings');
  if (shape === null || order === null) return fail(where, `a header that is not understood: ${header.slice(0, 80)}`);
  const dims = shape[1]!
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (dims.length > limits.arrayDepth) return fail(where, `${dims.length} dimensions, at most ${limits.arrayDepth}`);
  const count = dims.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count)) return fail(where, `the shape (${dims.join(', ')}) is absurd`);
  const [, endian, kind, size] = descr as unknown as [string, string, string, string];
  const body = bytes.subarray(start + headerLength);
  const text = kind === 'U' || kind === 'S';
  const layout = layouts[kind + size];
  if (!text && layout === undefined) return fail(where, `elements of type ${kind}${size} are not supported`);
  const elementBytes = text ? Number(size) * (kind === 'U' ? 4 : 1) : layout!.bytes;
  if (!Number.isSafeInteger(elementBytes) || elementBytes * count !== body.length)
    return fail(
      where,
      `${body.length} bytes of data, the shape (${dims.join(', ')}) of ${kind}${size} needs ${elementBytes * count}`,
    );
  const unit = kind === 'U' ? 4 : kind === 'S' ? 1 : elementBytes;
  const little = endian === '>' ? swapBytes(body, unit) : body;
  const data: ValueArray = text ? readStrings(little, kind, Number(size), count, where) : layout!.read(little);
  const dtype: DataType = text ? 'string' : layout!.dtype;
  if (order[1] === 'False' || dims.length < 2) return { dtype, dims, data };
  const sorted = data.slice() as ValueArray;
  toRowMajor(data as ArrayLike<unknown>, dims, (to, value) => {
    (sorted as unknown[])[to] = value;
  });
  return { dtype, dims, data: sorted };
};
