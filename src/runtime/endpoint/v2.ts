import type { Feeds, Value, ValueInfo } from '../../contracts/index.ts';
import { jsonBody, parseJson, type HttpAnswer, type HttpBody } from './http.ts';
import { readBytes, writeBytes } from './v2-bytes.ts';
import { garbage, noJsonForm, unknownType, wireTypeNamed, wireTypeOf } from './v2-types.ts';

/** How tensors travel: as numbers in JSON, or as bytes after it. */
export type Encoding = 'json' | 'binary';

/** How many bytes at the beginning of a body are JSON; tensors as bytes follow. */
const jsonLength = 'inference-header-content-length';

const record = (raw: unknown): Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {};

const list = (raw: unknown, what: string): readonly unknown[] =>
  Array.isArray(raw) ? raw : garbage(`no list of ${what}`);

/** Whether a server says of itself that it takes tensors as bytes. Source: server metadata, `extensions`. */
export const takesBytes = (raw: unknown): boolean => {
  const { extensions } = record(raw);
  return Array.isArray(extensions) && extensions.includes('binary_tensor_data');
};

/** What a model says about itself. Errors: `endpoint/garbage`; `endpoint/type` for a type that cannot travel in the encoding. */
export const readDescription = (raw: unknown, encoding: Encoding): { inputs: ValueInfo[]; outputs: ValueInfo[] } => {
  const slots = (key: string): ValueInfo[] =>
    list(record(raw)[key], key).map((one): ValueInfo => {
      const { name, datatype, shape } = record(one);
      if (typeof name !== 'string' || typeof datatype !== 'string') return garbage(`${key} without name or datatype`);
      const type = wireTypeNamed(datatype);
      if (type === undefined) throw unknownType(name, datatype);
      if (encoding === 'json' && type.fromJson === null) throw noJsonForm(name, datatype);
      const dims = Array.isArray(shape)
        ? shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : null))
        : undefined;
      return { name, type: { kind: 'tensor', dtype: type.dtype, dims: dims ?? null } } as ValueInfo;
    });
  return { inputs: slots('inputs'), outputs: slots('outputs') };
};

const numbers = (value: Value): string => {
  if (value.dtype === 'string') return JSON.stringify(value.data);
  if (value.dtype === 'bool') return JSON.stringify(Array.from(value.data as Uint8Array, Boolean));
  // 64-bit integers as plain digits: a number of JavaScript would round them.
  if (value.dtype === 'int64' || value.dtype === 'uint64') return `[${(value.data as BigInt64Array).join(',')}]`;
  return JSON.stringify(Array.from(value.data as Float32Array));
};

const asJson = (feeds: Feeds): HttpBody => {
  const inputs = Object.entries(feeds).map(([name, value]) => {
    const type = wireTypeOf(name, value.dtype);
    if (type.fromJson === null) throw noJsonForm(name, type.name);
    const head = JSON.stringify({ name, shape: value.dims, datatype: type.name });
    return `${head.slice(0, -1)},"data":${numbers(value)}}`;
  });
  return jsonBody(`{"inputs":[${inputs.join(',')}]}`);
};

const asBytes = (feeds: Feeds): HttpBody => {
  const entries = Object.entries(feeds).map(([name, value]) => ({ name, value, bytes: writeBytes(value) }));
  const inputs = entries.map(({ name, value, bytes }) => ({
    name,
    shape: value.dims,
    datatype: wireTypeOf(name, value.dtype).name,
    parameters: { binary_data_size: bytes.byteLength },
  }));
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    headers: { 'content-type': 'application/octet-stream', [jsonLength]: String(head.length) },
    bytes: Buffer.concat([head, ...entries.map(({ bytes }) => bytes)]),
  };
};

/** A request. Binary: the tensors follow the JSON in the order of the inputs, and outputs are asked for in the same form.
 *  Errors: `endpoint/type`. Source: Open Inference Protocol, inference request JSON object; binary tensor data extension. */
export const requestOf = (feeds: Feeds, encoding: Encoding): HttpBody =>
  encoding === 'json' ? asJson(feeds) : asBytes(feeds);

/** The part of an answer that is JSON, and the bytes after it. Without the header all of it is JSON. */
const partsOf = (url: URL, { headers, bytes }: HttpAnswer): { json: unknown; rest: Buffer } => {
  const given = headers[jsonLength];
  if (given === undefined) return { json: parseJson(url, bytes), rest: bytes.subarray(bytes.length) };
  const length = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (!(length <= bytes.length))
    return garbage(`its header says that ${String(given)} bytes are JSON, of ${bytes.length}`);
  return { json: parseJson(url, bytes.subarray(0, length)), rest: bytes.subarray(length) };
};

const fromNumbers = (name: string, datatype: string, data: unknown, dims: readonly number[], count: number) => {
  const type = wireTypeNamed(datatype)!;
  if (type.fromJson === null) throw noJsonForm(name, datatype);
  // Servers may nest the rows.
  const flat = list(data, `values of "${name}"`).flat(dims.length) as unknown[];
  if (flat.length !== count) return garbage(`"${name}" has shape [${dims.join(', ')}], but ${flat.length} values`);
  const wanted = type.dtype === 'string' ? 'string' : type.dtype === 'bool' ? 'boolean' : 'number';
  if (flat.some((value) => typeof value !== wanted)) return garbage(`"${name}" has values that are no ${wanted}s`);
  if ((type.dtype === 'int64' || type.dtype === 'uint64') && flat.some((value) => !Number.isInteger(value)))
    return garbage(`"${name}" has values that are no whole numbers`);
  return type.fromJson(flat);
};

/** The outputs of an answer, each as numbers or as bytes, as the server chose.
 *  Errors: `endpoint/garbage` for anything that is not a list of whole tensors and nothing more. */
export const readAnswer = (url: URL, answer: HttpAnswer): Record<string, Value> => {
  const { json, rest } = partsOf(url, answer);
  const outputs: Record<string, Value> = {};
  let at = 0;
  for (const one of list(record(json)['outputs'], 'outputs')) {
    const { name, datatype, shape, data, parameters } = record(one);
    const type = wireTypeNamed(datatype);
    if (typeof name !== 'string' || type === undefined) return garbage('an output without name or known datatype');
    const dims = list(shape, `dimensions of "${name}"`) as readonly number[];
    if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) return garbage(`the shape of "${name}"`);
    const count = dims.reduce((product, dim) => product * dim, 1);
    const size = record(parameters)['binary_data_size'];
    if (size === undefined) {
      outputs[name] = { dtype: type.dtype, dims, data: fromNumbers(name, type.name, data, dims, count) };
      continue;
    }
    if (data !== undefined) return garbage(`"${name}" has numbers and bytes`);
    if (!Number.isSafeInteger(size) || (size as number) < 0) return garbage(`"${name}" has ${String(size)} bytes`);
    const end = at + (size as number);
    if (end > rest.length)
      return garbage(
        `"${name}" should have ${String(size)} bytes, but the answer ends after ${rest.length - at} of them`,
      );
    outputs[name] = { dtype: type.dtype, dims, data: readBytes(name, type, rest.subarray(at, end), count) };
    at = end;
  }
  return at === rest.length ? outputs : garbage(`${rest.length - at} bytes follow the last output`);
};
