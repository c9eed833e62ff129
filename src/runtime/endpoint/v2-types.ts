import { SteelyardError, type DataType, type ValueArray } from '../../contracts/index.ts';

/** A data type of the Open Inference Protocol. */
export interface WireType {
  /** What the protocol calls it. */
  readonly name: string;
  readonly dtype: DataType;
  /** From numbers of JSON; null: the type has no form in JSON and travels as bytes only. */
  readonly fromJson: ((values: readonly unknown[]) => ValueArray) | null;
}

const wire = (name: string, dtype: DataType, fromJson: WireType['fromJson']): WireType => ({ name, dtype, fromJson });

const types: readonly WireType[] = [
  wire('FP16', 'float16', null),
  wire('BF16', 'bfloat16', null),
  wire('FP32', 'float32', (values) => Float32Array.from(values as number[])),
  wire('FP64', 'float64', (values) => Float64Array.from(values as number[])),
  wire('INT8', 'int8', (values) => Int8Array.from(values as number[])),
  wire('INT16', 'int16', (values) => Int16Array.from(values as number[])),
  wire('INT32', 'int32', (values) => Int32Array.from(values as number[])),
  wire('INT64', 'int64', (values) => BigInt64Array.from((values as number[]).map(BigInt))),
  wire('UINT8', 'uint8', (values) => Uint8Array.from(values as number[])),
  wire('UINT16', 'uint16', (values) => Uint16Array.from(values as number[])),
  wire('UINT32', 'uint32', (values) => Uint32Array.from(values as number[])),
  wire('UINT64', 'uint64', (values) => BigUint64Array.from((values as number[]).map(BigInt))),
  wire('BOOL', 'bool', (values) => Uint8Array.from((values as boolean[]).map(Number))),
  wire('BYTES', 'string', (values) => values.map(String)),
];

/** By the protocol's name; undefined: not a type of the protocol. Source: Open Inference Protocol, tensor data types. */
export const wireTypeNamed = (name: unknown): WireType | undefined => types.find((one) => one.name === name);

export const unknownType = (name: string, type: string): SteelyardError =>
  new SteelyardError('endpoint/type', `"${name}" has type ${type}, which the Open Inference Protocol does not know`);

/** By ONNX type. Errors: `endpoint/type` when the protocol has no such type. */
export const wireTypeOf = (input: string, dtype: DataType): WireType => {
  const found = types.find((one) => one.dtype === dtype);
  if (found === undefined) throw unknownType(input, dtype);
  return found;
};

/** A type without a form in JSON, met where tensors travel as JSON. */
export const noJsonForm = (name: string, type: string): SteelyardError =>
  new SteelyardError(
    'endpoint/type',
    `"${name}" has type ${type}, which has no form in JSON`,
    'send tensors as bytes: --tensors binary',
  );

/** An answer that is not what the protocol says. */
export const garbage = (what: string): never => {
  throw new SteelyardError('endpoint/garbage', `the answer is not one of the Open Inference Protocol: ${what}`);
};
