import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Attribute, Graph, Model, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { onnxNumberOf } from '../tensor/index.ts';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts';
import { MessageBuilder } from './parts.ts';
import type { Encoded, Part } from './parts.ts';
import { readType, sameType, writeType } from './types.ts';

/** Takes the data of large initializers out of the model. Returns where in the external file it will be, or null to keep it inside. */
export type Placement = (data: Part) => { readonly location: string; readonly offset: number } | null;
const inside: Placement = () => null;

const model = ModelProtoSchema.field;
const graph = GraphProtoSchema.field;
const node = NodeProtoSchema.field;
const attribute = AttributeProtoSchema.field;
const tensor = TensorProtoSchema.field;

const entry = (key: string, value: string): Uint8Array =>
  toBinary(StringStringEntryProtoSchema, create(StringStringEntryProtoSchema, { key, value }));

/** A tensor as TensorProto. The data is not copied. */
export const encodeTensor = (value: Tensor, name: string, place: Placement = inside): Encoded => {
  const out = new MessageBuilder();
  out.ints(tensor.dims.number, value.dims);
  // An element type that no known ONNX version defines keeps its number in `extra`.
  if (value.dtype !== 'undefined') out.int(tensor.dataType.number, onnxNumberOf(value.dtype));
  if (name !== '') out.string(tensor.name.number, name);
  out.raw(value.extra);
  const { data } = value;
  if (data.kind === 'strings') {
    for (const text of data.values) out.bytes(tensor.stringData.number, text);
    return out.done();
  }
  const part: Part =
    data.kind === 'inline' ? data.bytes : { path: data.path, offset: data.offset, length: data.length };
  if (part.length === 0) return out.done();
  const placed = place(part);
  if (placed === null) out.embed(tensor.rawData.number, { parts: [part], length: part.length });
  else {
    const { externalData, dataLocation } = tensor;
    out.bytes(externalData.number, entry('location', placed.location));
    out.bytes(externalData.number, entry('offset', String(placed.offset)));
    out.bytes(externalData.number, entry('length', String(part.length)));
    out.int(dataLocation.number, TensorProto_DataLocation.EXTERNAL);
  }
  return out.done();
};

const encodeAttribute = (name: string, value: Attribute): Encoded => {
  if (value.kind === 'other') return { parts: [value.value], length: value.value.length };
  const out = new MessageBuilder();
  out.string(attribute.name.number, name);
  const kind = (number: number): void => out.int(attribute.type.number, number);
  switch (value.kind) {
    case 'ref':
      out.string(attribute.refAttrName.number, value.value);
      break;
    case 'float':
      kind(Kind.FLOAT);
      out.float(attribute.f.number, value.value);
      break;
    case 'int':
      kind(Kind.INT);
      out.int(attribute.i.number, value.value);
      break;
    case 'string':
      kind(Kind.STRING);
      out.bytes(attribute.s.number, value.value);
      break;
    case 'tensor':
      kind(Kind.TENSOR);
      out.embed(attribute.t.number, encodeTensor(value.value, value.value.name ?? ''));
      break;
    case 'graph':
      kind(Kind.GRAPH);
      out.embed(attribute.g.number, encodeGraph(value.value, inside));
      break;
    case 'floats':
      kind(Kind.FLOATS);
      out.floats(attribute.floats.number, value.value);
      break;
    case 'ints':
      kind(Kind.INTS);
      out.ints(attribute.ints.number, value.value);
      break;
    case 'strings':
      kind(Kind.STRINGS);
      for (const text of value.value) out.bytes(attribute.strings.number, text);
      break;
    case 'tensors':
      kind(Kind.TENSORS);
      for (const one of value.value) out.embed(attribute.tensors.number, encodeTensor(one, one.name ?? ''));
      break;
    case 'graphs':
      kind(Kind.GRAPHS);
      for (const one of value.value) out.embed(attribute.graphs.number, encodeGraph(one, inside));
      break;
  }
  out.raw(value.extra);
  return out.done();
};

const encodeNode = (value: Node): Encoded => {
  const out = new MessageBuilder();
  for (const name of value.inputs) out.string(node.input.number, name);
  for (const name of value.outputs) out.string(node.output.number, name);
  if (value.name !== '') out.string(node.name.number, value.name);
  out.string(node.opType.number, value.op);
  for (const [name, one] of Object.entries(value.attributes))
    out.embed(node.attribute.number, encodeAttribute(name, one));
  if (value.domain !== '') out.string(node.domain.number, value.domain);
  out.raw(value.extra);
  return out.done();
};

const encodeValueInfo = (info: ValueInfo): Uint8Array => {
  const message = info.extra ? fromBinary(ValueInfoProtoSchema, info.extra) : create(ValueInfoProtoSchema);
  // The file's own type says more than the noun (see `valueInfoOf`): keep it as long as nobody changed the noun.
  const kept = message.type !== undefined && sameType(readType(message.type).value, info.type);
  message.name = info.name;
  if (!kept && info.type === null) delete message.type;
  else if (!kept && info.type !== null) message.type = writeType(info.type);
  return toBinary(ValueInfoProtoSchema, message);
};

const encodeGraph = (value: Graph, place: Placement): Encoded => {
  const out = new MessageBuilder();
  for (const one of value.nodes) out.embed(graph.node.number, encodeNode(one));
  if (value.name !== '') out.string(graph.name.number, value.name);
  for (const [name, one] of value.initializers) out.embed(graph.initializer.number, encodeTensor(one, name, place));
  for (const bytes of value.sparse?.values() ?? []) out.bytes(graph.sparseInitializer.number, bytes);
  for (const one of value.inputs) out.bytes(graph.input.number, encodeValueInfo(one));
  for (const one of value.outputs) out.bytes(graph.output.number, encodeValueInfo(one));
  for (const one of value.values.values()) out.bytes(graph.valueInfo.number, encodeValueInfo(one));
  out.raw(value.extra);
  return out.done();
};

/** A model as ModelProto, with payloads left where they are. Only initializers of the top graph are offered to `place`. */
export const encodeModel = (value: Model, place: Placement = inside): Encoded => {
  const out = new MessageBuilder();
  out.int(model.irVersion.number, value.irVersion);
  if (value.producer !== '') out.string(model.producerName.number, value.producer);
  out.raw(value.extra);
  for (const [domain, version] of value.opsets) {
    const set = create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) });
    out.bytes(model.opsetImport.number, toBinary(OperatorSetIdProtoSchema, set));
  }
  for (const [key, text] of value.metadata) out.bytes(model.metadataProps.number, entry(key, text));
  for (const one of value.functions) out.bytes(model.functions.number, one.bytes);
  out.embed(model.graph.number, encodeGraph(value.graph, place));
  return out.done();
};
