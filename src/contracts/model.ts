/** The nouns of a model. Plain readonly data, weights by reference, never mutated; everything here survives
 *  `structuredClone`. What a noun does not name (doc strings, metadata, unknown protobuf fields) travels in `extra`:
 *  the encoded protobuf bytes of all other fields of that message, so a round trip loses nothing. */

/** ONNX TensorProto.DataType, lower case. Source: onnx.proto, TensorProto.DataType. */
export type DataType =
  | 'undefined'
  | 'float32'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'float64'
  | 'uint32'
  | 'uint64'
  | 'complex64'
  | 'complex128'
  | 'bfloat16'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'uint4'
  | 'int4'
  | 'float4e2m1'
  | 'float8e8m0'
  | 'uint2'
  | 'int2';

/** Where a tensor's bytes are: little-endian, packed as ONNX `raw_data` (4-bit types: low nibble first).
 *  `inline.bytes` may be a view at any alignment. `file` is an absolute path (external data, or a range of the model file itself). */
export type TensorData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'strings'; readonly values: readonly Uint8Array[] };

export interface Tensor {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
  readonly extra?: Uint8Array;
}

/** A known size, a symbolic name, or nothing known. */
export type Dim = number | string | null;

export type ValueType =
  /** `dims: null` means that even the rank is unknown. */
  | { readonly kind: 'tensor' | 'sparse'; readonly dtype: DataType; readonly dims: readonly Dim[] | null }
  | { readonly kind: 'sequence' | 'optional'; readonly element: ValueType | null }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: ValueType | null }
  | { readonly kind: 'other' };

export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType | null;
  readonly extra?: Uint8Array;
}

/** An attribute's value. Integers are bigint: int64 is exact. `ref` names a function parameter (ref_attr_name). */
export type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor & { readonly name?: string } }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'tensors'; readonly value: readonly (Tensor & { readonly name?: string })[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'ref'; readonly value: string }
  /** sparse tensors, type protos: carried as encoded bytes of the AttributeProto. */
  | { readonly kind: 'other'; readonly value: Uint8Array };

export type Attribute = AttributeValue & { readonly extra?: Uint8Array };

export interface Node {
  /** May be empty: ONNX does not require node names. */
  readonly name: string;
  readonly op: string;
  /** '' is ai.onnx (also written 'ai.onnx'; the decoder normalizes to ''). */
  readonly domain: string;
  /** '' marks an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly extra?: Uint8Array;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** Types that the file states for inner values (value_info). */
  readonly values: ReadonlyMap<string, ValueInfo>;
  /** Sparse initializers by name, carried as encoded SparseTensorProto bytes. */
  readonly sparse?: ReadonlyMap<string, Uint8Array>;
  readonly extra?: Uint8Array;
}

export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  /** The encoded FunctionProto. */
  readonly bytes: Uint8Array;
}

export interface Model {
  readonly irVersion: number;
  readonly producer: string;
  readonly graph: Graph;
  /** Domain → version. '' is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly functions: readonly LocalFunction[];
  readonly extra?: Uint8Array;
}
