import { createHash } from 'node:crypto';
import { fromBinary, isFieldSet } from '@bufbuild/protobuf';
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { TensorProto } from '../generated/onnx_pb.ts';

const digest = (bytes: Uint8Array): string =>
  bytes.length <= 64 ? Buffer.from(bytes).toString('hex') : createHash('sha256').update(bytes).digest('hex');

const scalar = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return digest(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0';
  return value;
};

/** Widths in bytes of what one entry of a typed field becomes in raw_data, by data type number. */
const widths: Record<number, number> = {
  1: 4,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  14: 4,
  15: 8,
  16: 2,
};

/** The payload of a tensor as raw bytes, however the message states it. */
const payload = (tensor: TensorProto): Uint8Array => {
  if (tensor.rawData.length > 0) return tensor.rawData;
  const width = widths[tensor.dataType] ?? 1;
  const entries: (number | bigint)[] = [
    ...tensor.int32Data,
    ...tensor.int64Data,
    ...tensor.uint64Data,
    ...tensor.floatData,
    ...tensor.doubleData,
  ];
  const out = Buffer.alloc(entries.length * width);
  entries.forEach((entry, index) => {
    const at = index * width;
    if (tensor.floatData.length > 0) out.writeFloatLE(entry as number, at);
    else if (tensor.doubleData.length > 0) out.writeDoubleLE(entry as number, at);
    else if (width === 8) out.writeBigUInt64LE(BigInt.asUintN(64, BigInt(entry)), at);
    else out.writeUIntLE(Number(entry) < 0 ? Number(entry) + 2 ** (8 * width) : Number(entry), at, width);
  });
  return out;
};

const typedFields = new Set(['rawData', 'floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data']);

const kindNumbers: [string, number][] = [
  ['f', 1],
  ['i', 2],
  ['s', 3],
  ['t', 4],
  ['g', 5],
  ['floats', 6],
  ['ints', 7],
  ['strings', 8],
  ['tensors', 9],
  ['graphs', 10],
];

const fieldValue = (field: DescField, value: unknown): unknown => {
  const one = (item: unknown): unknown => (field.message ? plain(field.message, item as Message) : scalar(item));
  return field.fieldKind === 'list' ? (value as unknown[]).map(one) : one(value);
};

/** A message as plain data for comparison: fields at their default and equivalent spellings of the same thing
 *  (typed tensor data, 'ai.onnx', node order, attribute kinds that old files omit) are made equal; all else is kept. */
export const plain = (schema: DescMessage, message: Message): Record<string, unknown> => {
  const out: Record<string, unknown> = {};
  const isTensor = schema.typeName === 'onnx.TensorProto';
  for (const field of schema.fields) {
    if (!isFieldSet(message, field) || (isTensor && typedFields.has(field.localName))) continue;
    const holder = field.oneof ? (message as never)[field.oneof.localName] : null;
    const raw = holder ? (holder as { value: unknown }).value : (message as never)[field.localName];
    const value = fieldValue(field, raw);
    if (value === '' || value === 0 || value === '0n') {
      // A size of 0 is not the same as no size; neither is an attribute of 0.
      if (!field.oneof && schema.typeName !== 'onnx.AttributeProto') continue;
    }
    out[field.localName] = value;
  }
  if (isTensor) {
    const bytes = payload(message as TensorProto);
    if (bytes.length > 0) out['payload'] = digest(bytes);
  }
  if (out['domain'] === 'ai.onnx') delete out['domain'];
  if (schema.typeName === 'onnx.AttributeProto') {
    out['type'] ??= kindNumbers.find(([name]) => name in out)?.[1];
    const zero = kindNumbers.find(([, number]) => number === out['type'])?.[0];
    if (zero === 'i') out['i'] ??= '0n';
    if (zero === 'f') out['f'] ??= 0;
    if (zero === 's') out['s'] ??= '';
    if (out['docString'] === '') delete out['docString'];
  }
  if (schema.typeName === 'onnx.GraphProto' && out['node'])
    (out['node'] as unknown[]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (schema.typeName === 'onnx.NodeProto' && out['attribute'])
    (out['attribute'] as { name: string }[]).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (message.$unknown?.length)
    out['unknown'] = message.$unknown.map(({ no, wireType, data }) => [no, wireType, digest(data)]);
  return out;
};

/** `plain` of encoded bytes, as text. */
export const plainText = (schema: DescMessage, bytes: Uint8Array): string =>
  JSON.stringify(plain(schema, fromBinary(schema, bytes)));
