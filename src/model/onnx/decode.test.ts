import { create, fromBinary, ScalarType, toBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage, Message, MessageShape } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { describe, expect, test } from 'vitest';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts';
import { decode, decodeTensor, encode, encodeTensor } from './index.ts';
import { plainText } from './testing/plain.ts';

const unknown = { no: 4000, wireType: 2, data: Uint8Array.of(3, 7, 8, 9) };

/** A message with every field set, where a valid file can have them together. */
const filled = <D extends DescMessage>(schema: D, depth = 0): MessageShape<D> => {
  const message = reflect(schema);
  const one = (field: DescField): unknown => {
    if (field.message) return filled(field.message, depth + 1);
    if (field.enum) return 0;
    switch (field.scalar) {
      case ScalarType.STRING:
        return `${field.name} ${depth}`;
      case ScalarType.BYTES:
        return Uint8Array.of(1, 2, 3, depth);
      case ScalarType.FLOAT:
      case ScalarType.DOUBLE:
        return 1.5;
      case ScalarType.INT64:
      case ScalarType.UINT64:
        return 7n;
      default:
        return 1;
    }
  };
  const skipped = unsuitable[schema.typeName] ?? [];
  for (const field of schema.fields) {
    if (skipped.includes(field.name)) continue;
    const recursive = field.message !== undefined && depth > 5;
    if (recursive) continue;
    if (field.fieldKind === 'list') {
      const list = message.get(field);
      (list as { add(item: unknown): void }).add(
        field.message ? reflect(field.message, filled(field.message, depth + 1)) : one(field),
      );
    } else if (field.fieldKind === 'message')
      message.set(field, reflect(field.message, filled(field.message, depth + 1)));
    else message.set(field, one(field) as never);
  }
  if (!leaves.includes(schema.typeName)) message.setUnknown([unknown]);
  return message.message as MessageShape<D>;
};
/** Pairs that become map entries: nothing else can travel with them. */
const leaves = ['onnx.OperatorSetIdProto', 'onnx.StringStringEntryProto'];
/** What excludes other fields, or has a meaning that made-up contents would break. */
const unsuitable: Record<string, string[]> = {
  'onnx.AttributeProto': ['t', 'g', 'tensors', 'graphs', 'ref_attr_name', 'type', 'sparse_tensor', 'sparse_tensors'],
  'onnx.TensorProto': [
    'dims',
    'data_type',
    'segment',
    'int32_data',
    'int64_data',
    'double_data',
    'uint64_data',
    'string_data',
    'raw_data',
    'external_data',
    'data_location',
    'float_data',
  ],
  'onnx.StringStringEntryProto': [],
};

describe('no field is lost', () => {
  test('of a model with every field set, at every level', async () => {
    const message = filled(ModelProtoSchema);
    // Give the made-up parts the sizes and kinds that belong together.
    const fix = (value: Message): void => {
      if (value.$typeName === 'onnx.AttributeProto')
        (value as MessageShape<typeof AttributeProtoSchema>).type = Kind.FLOATS;
      if (value.$typeName === 'onnx.TensorProto') {
        const tensor = value as MessageShape<typeof TensorProtoSchema>;
        tensor.dims = [2n];
        tensor.dataType = 1;
        tensor.floatData = [1, -0];
      }
      for (const field of Object.values(value))
        for (const item of Array.isArray(field) ? field : [field])
          if (typeof item === 'object' && item !== null && '$typeName' in item) fix(item as Message);
    };
    fix(message);
    const bytes = toBinary(ModelProtoSchema, message);
    expect(plainText(ModelProtoSchema, await encode(decode(bytes)))).toBe(plainText(ModelProtoSchema, bytes));
    // The comparison itself sees a lost field.
    const node = message.graph!.node[0]!;
    node.docString = '';
    expect(plainText(ModelProtoSchema, toBinary(ModelProtoSchema, message))).not.toBe(
      plainText(ModelProtoSchema, bytes),
    );
  });

  test('of value types that say more than the noun, until the noun changes', async () => {
    const value = create(ValueInfoProtoSchema, {
      name: 'x',
      type: {
        denotation: 'IMAGE',
        value: {
          case: 'tensorType',
          value: {
            elemType: 1,
            shape: {
              dim: [
                { denotation: 'BATCH', value: { case: 'dimParam', value: 'n' } },
                { value: { case: 'dimValue', value: -1n } },
              ],
            },
          },
        },
      },
    });
    const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, graph: { input: [value] } }));
    const model = decode(bytes);
    expect(model.graph.inputs[0]!.type).toEqual({ kind: 'tensor', dtype: 'float32', dims: ['n', null] });
    expect(plainText(ModelProtoSchema, await encode(model))).toBe(plainText(ModelProtoSchema, bytes));
    const changed = { ...model.graph.inputs[0]!, type: { kind: 'tensor', dtype: 'float16', dims: [2, null] } } as const;
    const after = await encode({ ...model, graph: { ...model.graph, inputs: [changed] } });
    expect(decode(after).graph.inputs[0]!.type).toEqual(changed.type);
  });

  test('of an element type from a later version', async () => {
    const bytes = toBinary(
      TensorProtoSchema,
      create(TensorProtoSchema, { dataType: 99, dims: [4n], int32Data: [1, 2], name: 't' }),
    );
    const tensor = decodeTensor(bytes);
    expect(tensor.dtype).toBe('undefined');
    expect(plainText(TensorProtoSchema, await encodeTensor(tensor, 't'))).toBe(plainText(TensorProtoSchema, bytes));
  });
});

const wrap = (node: MessageShape<typeof NodeProtoSchema>): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, graph: create(GraphProtoSchema, { node: [node] }) }),
  );

describe('meaning', () => {
  test('int64 is exact', async () => {
    const big = 2n ** 63n - 1n;
    const model = decode(
      wrap(
        create(NodeProtoSchema, {
          opType: 'X',
          attribute: [
            { name: 'a', type: Kind.INTS, ints: [big, -big - 1n] },
            { name: 'i', type: Kind.INT, i: 2n ** 53n + 1n },
          ],
        }),
      ),
    );
    const [node] = decode(await encode(model)).graph.nodes;
    expect(node!.attributes).toEqual({
      a: { kind: 'ints', value: [big, -big - 1n] },
      i: { kind: 'int', value: 2n ** 53n + 1n },
    });
  });
  test('ai.onnx is the empty domain', () => {
    const bytes = toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ domain: 'ai.onnx', version: 13n }],
        graph: { node: [{ opType: 'Relu', domain: 'ai.onnx' }] },
      }),
    );
    const model = decode(bytes);
    expect(model.opsets).toEqual(new Map([['', 13]]));
    expect(model.graph.nodes[0]!.domain).toBe('');
  });
  test('an attribute without a kind takes that of its value, and 0 stays 0', async () => {
    const model = decode(wrap(create(NodeProtoSchema, { opType: 'X', attribute: [{ name: 'axis', i: 0n }] })));
    expect(decode(await encode(model)).graph.nodes[0]!.attributes).toEqual({ axis: { kind: 'int', value: 0n } });
  });
  test('attribute names of every spelling are own properties', async () => {
    const model = decode(
      wrap(create(NodeProtoSchema, { opType: 'X', attribute: [{ name: '__proto__', type: Kind.INT, i: 5n }] })),
    );
    const { attributes } = decode(await encode(model)).graph.nodes[0]!;
    expect(Object.getOwnPropertyDescriptor(attributes, '__proto__')?.value).toEqual({ kind: 'int', value: 5n });
  });
  test('typed data becomes raw bytes', () => {
    const tensor = (dataType: number, dims: bigint[], data: Partial<MessageShape<typeof TensorProtoSchema>>): unknown =>
      decodeTensor(toBinary(TensorProtoSchema, create(TensorProtoSchema, { dataType, dims, ...data } as never))).data;
    const inline = (...bytes: number[]): unknown => ({ kind: 'inline', bytes: Uint8Array.from(bytes) });
    expect(tensor(1, [1n], { floatData: [1] })).toEqual(inline(0, 0, 128, 63));
    expect(tensor(3, [2n], { int32Data: [-1, 2] })).toEqual(inline(255, 2));
    expect(tensor(10, [1n], { int32Data: [0x3c00] })).toEqual(inline(0, 0x3c));
    expect(tensor(22, [3n], { int32Data: [0x21, 0x0f] })).toEqual(inline(0x21, 0x0f));
    expect(tensor(12, [1n], { uint64Data: [4294967295n] })).toEqual(inline(255, 255, 255, 255));
    expect(tensor(14, [1n], { floatData: [1, 0] })).toEqual(inline(0, 0, 128, 63, 0, 0, 0, 0));
    expect(tensor(8, [1n], { stringData: [Uint8Array.of(104)] })).toEqual({
      kind: 'strings',
      values: [Uint8Array.of(104)],
    });
    expect(tensor(1, [0n], {})).toEqual(inline());
  });
  test('the noun survives structuredClone', async () => {
    const model = decode(
      wrap(create(NodeProtoSchema, { opType: 'X', attribute: [{ name: 'f', type: Kind.FLOAT, f: 0.5 }] })),
    );
    expect(structuredClone(model)).toEqual(model);
    expect(fromBinary(ModelProtoSchema, await encode(structuredClone(model))).graph?.node[0]?.opType).toBe('X');
  });
});
