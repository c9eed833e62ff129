import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ModelProtoSchema, TensorProtoSchema } from './generated/onnx_pb.ts';
import { decode, decodeTensor, encode, limits } from './index.ts';
import { linear, nested } from './testing/models.ts';

const code = (what: string) => expect.objectContaining({ code: `model/${what}` });
const bytesOf = (graph: MessageInitShape<typeof ModelProtoSchema>['graph'], more = {}): Uint8Array =>
  toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, graph, ...more } as never));
const tensor = (init: MessageInitShape<typeof TensorProtoSchema>): Uint8Array =>
  toBinary(TensorProtoSchema, create(TensorProtoSchema, init));

/** A length-delimited field around a payload. */
const field = (number: number, payload: Uint8Array): Uint8Array => {
  const length: number[] = [];
  for (let rest = payload.length; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) | (rest > 127 ? 128 : 0));
    if (rest <= 127) break;
  }
  return Buffer.concat([Uint8Array.of((number << 3) | 2), Uint8Array.from(length), payload]);
};

describe('damaged bytes', () => {
  test('every truncation of a model ends in a coded error or a smaller model', async () => {
    const whole = await encode(linear());
    for (let length = 0; length < whole.length; length++) {
      try {
        decode(whole.subarray(0, length));
      } catch (error) {
        expect(error).toMatchObject({ name: 'SteelyardError', code: expect.stringMatching(/^model\//) });
      }
    }
  });
  test.each([
    ['a length beyond the end', Uint8Array.of(58, 100, 1)],
    ['a length of nearly 2^63', Uint8Array.of(58, 255, 255, 255, 255, 255, 255, 255, 255, 127)],
    ['a number without an end', new Uint8Array(40).fill(255)],
    ['field number 0', Uint8Array.of(2, 0)],
    ['a group', Uint8Array.of(0x3b, 0x3c)],
    ['a message where a number belongs', Uint8Array.of(10, 1, 0)],
    ['a number where the graph belongs', Uint8Array.of(56, 1)],
    ['a packed field that is cut', field(7, field(1, field(5, field(8, Uint8Array.of(0x80)))))],
  ])('%s', (_, bytes) => {
    expect(() => decode(bytes)).toThrow(code('damaged'));
  });
  test('readable bytes that are no model', () => {
    expect(() => decode(Uint8Array.of(8, 8))).toThrow(code('format'));
  });
});

describe('absurd contents', () => {
  test('graphs inside graphs end at a limit, long before the stack does', async () => {
    expect(decode(await encode(nested(25))).graph.nodes).toHaveLength(1);
    expect(() => decode(bytesOf({}))).not.toThrow();
    let body: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 3000; level++)
      body = level % 3 === 0 ? field(6, body) : level % 3 === 1 ? field(5, body) : field(1, body);
    expect(() => decode(field(7, body))).toThrow(code('too-deep'));
    const deep = await encode(nested(60));
    expect(() => decode(deep)).toThrow(code('too-deep'));
  });
  test('nested types end at the same limit', () => {
    let type: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 5000; level++) type = field(4, field(1, type));
    expect(() => decode(field(7, field(11, field(2, type))))).toThrow(code('too-deep'));
  });
  test('a flood of empty parts is refused before it fills memory', () => {
    const nodes = Buffer.alloc(2 * (limits.units / 4), Uint8Array.of(10, 0));
    const before = process.memoryUsage.rss();
    expect(() => decode(field(7, nodes))).toThrow(code('too-large'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
  });
  test('a flood of packed numbers is refused before it fills memory', () => {
    const numbers = new Uint8Array(limits.packedBytes / 3 + 1);
    const huge = field(7, field(5, Buffer.concat([Uint8Array.of(16, 7), field(7, numbers)])));
    const before = process.memoryUsage.rss();
    expect(() => decode(huge)).toThrow(code('too-large'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });
  test('impossible dimensions and sizes', () => {
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [-1n] }))).toThrow(code('data'));
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [2n ** 62n] }))).toThrow(code('data'));
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [2n ** 40n, 2n ** 40n] }))).toThrow(code('absurd'));
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [1n << 40n] }))).toThrow(code('data'));
    for (const rawData of [new Uint8Array(7), new Uint8Array(9)])
      expect(() => decodeTensor(tensor({ dataType: 1, dims: [2n], rawData }))).toThrow(code('data'));
    expect(() => decodeTensor(tensor({ dataType: 8, dims: [2n], stringData: [new Uint8Array(1)] }))).toThrow(
      code('data'),
    );
  });
  test('contradictions', () => {
    const invalid = code('invalid');
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [1n], rawData: new Uint8Array(4), floatData: [1] }))).toThrow(
      invalid,
    );
    expect(() => decodeTensor(tensor({ dataType: 1, dims: [1n], int32Data: [1] }))).toThrow(invalid);
    expect(() => decodeTensor(tensor({ dataType: 8, dims: [1n], rawData: new Uint8Array(1) }))).toThrow(invalid);
    const twice = { name: 'w', dataType: 1, dims: [0n] };
    expect(() => decode(bytesOf({ initializer: [twice, twice] }))).toThrow(invalid);
    const attribute = { name: 'a', type: 2, i: 1n } as const;
    expect(() => decode(bytesOf({ node: [{ attribute: [attribute, attribute] }] }))).toThrow(invalid);
    expect(() => decode(bytesOf({ node: [{ attribute: [{ ...attribute, t: {} }] }] }))).toThrow(invalid);
    expect(() => decode(bytesOf({ node: [{ attribute: [{ name: 'a', type: 5 }] }] }))).toThrow(invalid);
    const opsets = [{ version: 1n }, { domain: 'ai.onnx', version: 2n }];
    expect(() => decode(bytesOf({}, { opsetImport: opsets }))).toThrow(invalid);
    expect(() => decode(bytesOf({}, { irVersion: -1n }))).toThrow(invalid);
    expect(() => decode(bytesOf({}, { opsetImport: [{ version: 2n ** 40n }] }))).toThrow(invalid);
  });
});
