import {
  SteelyardError,
  type DataType,
  type Feeds,
  type Value,
  type ValueArray,
  type ValueInfo,
} from '../../contracts/index.ts';

/** Names of data types in the Open Inference Protocol; half floats have no form in JSON. */
const types: readonly (readonly [string, DataType, (values: readonly unknown[]) => ValueArray])[] = [
  ['FP32', 'float32', (values) => Float32Array.from(values as number[])],
  ['FP64', 'float64', (values) => Float64Array.from(values as number[])],
  ['INT8', 'int8', (values) => Int8Array.from(values as number[])],
  ['INT16', 'int16', (values) => Int16Array.from(values as number[])],
  ['INT32', 'int32', (values) => Int32Array.from(values as number[])],
  ['INT64', 'int64', (values) => BigInt64Array.from((values as number[]).map(BigInt))],
  ['UINT8', 'uint8', (values) => Uint8Array.from(values as number[])],
  ['UINT16', 'uint16', (values) => Uint16Array.from(values as number[])],
  ['UINT32', 'uint32', (values) => Uint32Array.from(values as number[])],
  ['UINT64', 'uint64', (values) => BigUint64Array.from((values as number[]).map(BigInt))],
  ['BOOL', 'bool', (values) => Uint8Array.from((values as boolean[]).map(Number))],
  ['BYTES', 'string', (values) => values.map(String)],
];

const garbage = (what: string): never => {
  throw new SteelyardError('endpoint/garbage', `the answer is not one of the Open Inference Protocol: ${what}`);
};

const record = (raw: unknown): Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {};

const list = (raw: unknown, what: string): readonly unknown[] =>
  Array.isArray(raw) ? raw : garbage(`no list of ${what}`);

/** What a model says about itself. Errors: `endpoint/garbage`, `endpoint/type`. */
export const readDescription = (raw: unknown): { inputs: ValueInfo[]; outputs: ValueInfo[] } => {
  const slots = (key: string): ValueInfo[] =>
    list(record(raw)[key], key).map((one): ValueInfo => {
      const { name, datatype, shape } = record(one);
      if (typeof name !== 'string' || typeof datatype !== 'string') return garbage(`${key} without name or datatype`);
      const known = types.find(([theirs]) => theirs === datatype);
      if (known === undefined)
        throw new SteelyardError('endpoint/type', `"${name}" has type ${datatype}, which has no form in JSON`);
      const dims = Array.isArray(shape)
        ? shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : null))
        : undefined;
      return { name, type: { kind: 'tensor', dtype: known[1], dims: dims ?? null } } as ValueInfo;
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

/** The body of a request. Errors: `endpoint/type`. Source: Open Inference Protocol, inference request JSON object. */
export const requestBody = (feeds: Feeds): string => {
  const inputs = Object.entries(feeds).map(([name, value]) => {
    const known = types.find(([, ours]) => ours === value.dtype);
    if (known === undefined)
      throw new SteelyardError('endpoint/type', `input "${name}" has type ${value.dtype}, which has no form in JSON`);
    const head = JSON.stringify({ name, shape: value.dims, datatype: known[0] });
    return `${head.slice(0, -1)},"data":${numbers(value)}}`;
  });
  return `{"inputs":[${inputs.join(',')}]}`;
};

/** The outputs of an answer. Errors: `endpoint/garbage` for anything that is not a list of whole tensors. */
export const readOutputs = (raw: unknown): Record<string, Value> => {
  const outputs: Record<string, Value> = {};
  for (const one of list(record(raw)['outputs'], 'outputs')) {
    const { name, datatype, shape, data } = record(one);
    const known = types.find(([theirs]) => theirs === datatype);
    if (typeof name !== 'string' || known === undefined) return garbage('an output without name or known datatype');
    const dims = list(shape, `dimensions of "${name}"`);
    if (dims.some((dim) => !Number.isSafeInteger(dim) || (dim as number) < 0)) return garbage(`the shape of "${name}"`);
    // Servers may nest the rows.
    const flat = list(data, `values of "${name}"`).flat(dims.length) as unknown[];
    const count = (dims as number[]).reduce((product, dim) => product * dim, 1);
    if (flat.length !== count) return garbage(`"${name}" has shape [${dims.join(', ')}], but ${flat.length} values`);
    const wanted = known[1] === 'string' ? 'string' : known[1] === 'bool' ? 'boolean' : 'number';
    if (flat.some((value) => typeof value !== wanted)) return garbage(`"${name}" has values that are no ${wanted}s`);
    if ((known[1] === 'int64' || known[1] === 'uint64') && flat.some((value) => !Number.isInteger(value)))
      return garbage(`"${name}" has values that are no whole numbers`);
    outputs[name] = { dtype: known[1], dims: dims as number[], data: known[2](flat) };
  }
  return outputs;
};
