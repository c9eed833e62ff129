import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { SteelyardError } from '../../contracts/index.ts';
import type { Attribute, AttributeValue, Graph, Model, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { extraOf } from './extra.ts';
import { damaged, invalid } from './faults.ts';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './generated/onnx_pb.ts';
import { inOrder } from './order.ts';
import { tensorOf } from './tensors.ts';
import type { Surroundings } from './tensors.ts';
import { readType, sameType } from './types.ts';

/** Decode protobuf bytes that `skeletonOf` has walked. Errors: `model/damaged`. */
export const parse = <D extends DescMessage>(schema: D, bytes: Uint8Array, where: string): MessageShape<D> => {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw damaged(where, (cause as Error).message, cause);
  }
};

const named = (...fields: string[]): ReadonlySet<string> => new Set(fields);
const withExtra = <T extends object>(value: T, extra: Uint8Array | undefined): T =>
  extra ? { ...value, extra } : value;

const quote = (text: string): string => JSON.stringify(text.slice(0, 200));

const namedTensor = (message: TensorProto, around: Surroundings): Tensor & { readonly name?: string } => {
  const tensor = tensorOf(message, around);
  return message.name === '' ? tensor : { ...tensor, name: message.name };
};

/** ONNX kind number → the field that holds the value. */
const fields = {
  [Kind.FLOAT]: 'f',
  [Kind.INT]: 'i',
  [Kind.STRING]: 's',
  [Kind.TENSOR]: 't',
  [Kind.GRAPH]: 'g',
  [Kind.FLOATS]: 'floats',
  [Kind.INTS]: 'ints',
  [Kind.STRINGS]: 'strings',
  [Kind.TENSORS]: 'tensors',
  [Kind.GRAPHS]: 'graphs',
} as const;
type ValueField = (typeof fields)[keyof typeof fields];
const isNamedKind = (kind: Kind): kind is keyof typeof fields => kind in fields;

const attributeNames = new Map(Object.values(fields).map((field) => [field, named('name', 'type', field)] as const));
const refNames = named('name', 'refAttrName');

/** The field that holds the value. Files of the first ONNX version state no kind: then it is the one that is set. */
const valueFieldOf = (message: AttributeProto): ValueField | null => {
  if (isNamedKind(message.type)) return fields[message.type];
  if (message.type !== Kind.UNDEFINED || message.$unknown?.length) return null;
  const set = Object.values(fields).filter((field) => {
    const value = message[field];
    return Array.isArray(value) ? value.length > 0 : Object.hasOwn(message, field);
  });
  return set.length === 1 ? set[0]! : null;
};

const valueOf = (message: AttributeProto, field: ValueField, around: Surroundings): AttributeValue => {
  switch (field) {
    case 'f':
      return { kind: 'float', value: message.f };
    case 'i':
      return { kind: 'int', value: message.i };
    case 's':
      return { kind: 'string', value: message.s };
    case 't':
      if (!message.t) throw invalid(around.where, `attribute ${quote(message.name)} has no tensor`);
      return { kind: 'tensor', value: namedTensor(message.t, around) };
    case 'g':
      if (!message.g) throw invalid(around.where, `attribute ${quote(message.name)} has no graph`);
      return { kind: 'graph', value: graphOf(message.g, around) };
    case 'floats':
    case 'ints':
    case 'strings':
      return { kind: field, value: message[field] } as AttributeValue;
    case 'tensors':
      return { kind: field, value: message.tensors.map((tensor) => namedTensor(tensor, around)) };
    case 'graphs':
      return { kind: field, value: message.graphs.map((graph) => graphOf(graph, around)) };
  }
};

/** Fields whose payloads may have been left out of the skeleton: they must never end up inside `extra`. */
const carriers = ['t', 'g', 'tensors', 'graphs'] as const;

const attributeOf = (message: AttributeProto, around: Surroundings): Attribute => {
  const isRef = message.refAttrName !== '';
  const field = isRef ? null : valueFieldOf(message);
  for (const carrier of carriers) {
    const value = message[carrier];
    if (carrier !== field && value !== undefined && !(Array.isArray(value) && value.length === 0))
      throw invalid(around.where, `attribute ${quote(message.name)} holds a value that is not of its kind`);
  }
  if (isRef)
    return withExtra({ kind: 'ref', value: message.refAttrName }, extraOf(AttributeProtoSchema, message, refNames));
  if (field === null) return { kind: 'other', value: toBinary(AttributeProtoSchema, message) };
  return withExtra(valueOf(message, field, around), extraOf(AttributeProtoSchema, message, attributeNames.get(field)!));
};

const nodeNames = named('input', 'output', 'name', 'opType', 'domain', 'attribute');
const nodeOf = (message: NodeProto, around: Surroundings): Node => {
  // fromEntries makes own properties, also of a name such as __proto__.
  const attributes = Object.fromEntries(
    message.attribute.map((attribute) => [attribute.name, attributeOf(attribute, around)] as const),
  );
  if (Object.keys(attributes).length !== message.attribute.length)
    throw invalid(around.where, `node ${quote(message.name)} (${quote(message.opType)}) has an attribute twice`);
  const node: Node = {
    name: message.name,
    op: message.opType,
    domain: plainDomain(message.domain),
    inputs: message.input,
    outputs: message.output,
    attributes,
  };
  return withExtra(node, extraOf(NodeProtoSchema, message, nodeNames));
};

const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

const valueNames = named('name', 'type');
const valueNamesInexact = named('name');
const valueInfoOf = (message: ValueInfoProto): ValueInfo => {
  const type = message.type ? readType(message.type) : null;
  // A type that says more than the noun stays in `extra` as a whole; the encoder prefers it while the noun still agrees.
  const extra = extraOf(ValueInfoProtoSchema, message, type?.exact === false ? valueNamesInexact : valueNames);
  return withExtra({ name: message.name, type: type?.value ?? null }, extra);
};

const graphNames = named('node', 'name', 'initializer', 'sparseInitializer', 'input', 'output', 'valueInfo');
const graphOf = (message: GraphProto, around: Surroundings): Graph => {
  const initializers = new Map<string, Tensor>();
  for (const tensor of message.initializer) {
    if (initializers.has(tensor.name))
      throw invalid(around.where, `the initializer ${quote(tensor.name)} is defined twice`);
    initializers.set(tensor.name, tensorOf(tensor, around));
  }
  const values = new Map<string, ValueInfo>();
  for (const info of message.valueInfo) {
    const value = valueInfoOf(info);
    const earlier = values.get(info.name);
    if (earlier && !sameType(earlier.type, value.type))
      throw invalid(around.where, `two different types are stated for the value ${quote(info.name)}`);
    values.set(info.name, value);
  }
  const sparse = new Map<string, Uint8Array>();
  for (const tensor of message.sparseInitializer) {
    const name = tensor.values?.name ?? '';
    if (sparse.has(name) || initializers.has(name))
      throw invalid(around.where, `the initializer ${quote(name)} is defined twice`);
    sparse.set(name, toBinary(SparseTensorProtoSchema, tensor));
  }
  const graph: Graph = {
    name: message.name,
    inputs: message.input.map(valueInfoOf),
    outputs: message.output.map(valueInfoOf),
    nodes: inOrder(message.node.map((node) => nodeOf(node, around))),
    initializers,
    values,
    ...(sparse.size > 0 && { sparse }),
  };
  return withExtra(graph, extraOf(GraphProtoSchema, message, graphNames));
};

const version = (where: string, what: string, value: bigint): number => {
  if (value < 0n || value > 2147483647n) throw invalid(where, `${what} is ${value}, no such version exists`);
  return Number(value);
};

const modelNames = named('irVersion', 'opsetImport', 'producerName', 'graph', 'metadataProps', 'functions');

/** A ModelProto as a noun. Errors: `model/…` as in `decodeFile`. */
export const modelOf = (message: ModelProto, around: Surroundings): Model => {
  const { where } = around;
  if (!message.graph)
    throw new SteelyardError(
      'model/format',
      `${where}: this is not an ONNX model: it holds no graph`,
      'give the path of an .onnx file or of a folder with one',
    );
  const opsets = new Map<string, number>();
  for (const { domain, version: number } of message.opsetImport) {
    const key = plainDomain(domain);
    const value = version(where, `the opset version of ${quote(key)}`, number);
    if ((opsets.get(key) ?? value) !== value)
      throw invalid(where, `two versions of the operator set ${quote(key)} are imported`);
    opsets.set(key, value);
  }
  const metadata = new Map<string, string>();
  for (const { key, value } of message.metadataProps) metadata.set(key, value);
  if (metadata.size !== message.metadataProps.length) throw invalid(where, 'a metadata key is given twice');
  const model: Model = {
    irVersion: version(where, 'the IR version', message.irVersion),
    producer: message.producerName,
    graph: graphOf(message.graph, around),
    opsets,
    metadata,
    functions: message.functions.map((one) => ({
      name: one.name,
      domain: plainDomain(one.domain),
      bytes: toBinary(FunctionProtoSchema, one),
    })),
  };
  return withExtra(model, extraOf(ModelProtoSchema, message, modelNames));
};
