import { describe, expect, test } from 'vitest';
import { pack, rawTensor, readTensorSync, tensor, toFloat32, unpack, viewOf } from './index.ts';

const fault = (code: string) => expect.objectContaining({ code });

describe('tensor', () => {
  test('packs one value per element, little-endian', () => {
    expect(tensor('int16', [2], Int16Array.of(1, -2)).data).toEqual({
      kind: 'inline',
      bytes: Uint8Array.of(1, 0, 254, 255),
    });
    expect(tensor('int4', [3], Int8Array.of(1, -1, -8)).data).toEqual({
      kind: 'inline',
      bytes: Uint8Array.of(0xf1, 0x08),
    });
    expect(tensor('float16', [1], Uint16Array.of(0x3c00)).data).toEqual({
      kind: 'inline',
      bytes: Uint8Array.of(0, 0x3c),
    });
    expect(tensor('string', [1], ['é']).data).toEqual({ kind: 'strings', values: [Uint8Array.of(0xc3, 0xa9)] });
  });
  test('refuses what does not fit', () => {
    expect(() => tensor('float32', [3], Float32Array.of(1, 2))).toThrow(fault('model/data'));
    expect(() => tensor('float32', [2], Float64Array.of(1, 2))).toThrow(fault('model/data'));
    expect(() => tensor('string', [2], ['a'])).toThrow(fault('model/data'));
    expect(() => tensor('float32', [1], ['a'])).toThrow(fault('model/data'));
    expect(() => tensor('uint4', [1], Uint8Array.of(16))).toThrow(fault('model/data'));
    expect(() => tensor('float32', [-1], new Float32Array(0))).toThrow(fault('model/absurd'));
    expect(() => rawTensor('float32', [2], new Uint8Array(7))).toThrow(fault('model/data'));
  });
  test('reads back through a view', () => {
    const made = tensor('int64', [2], BigInt64Array.of(5n, -(2n ** 62n)));
    expect(viewOf('int64', readTensorSync(made))).toEqual(BigInt64Array.of(5n, -(2n ** 62n)));
    expect(() => viewOf('float32', new Uint8Array(9).subarray(1))).toThrow(fault('model/data'));
    expect(() => viewOf('string', new Uint8Array(8))).toThrow(fault('model/dtype'));
  });
});

test('packed integers', () => {
  for (const [dtype, values] of [
    ['int4', [-8, 7, 0, -1, 3]],
    ['uint4', [0, 15, 8]],
    ['int2', [-2, 1, 0, -1, 1]],
    ['uint2', [3, 2, 1, 0, 3, 1]],
  ] as const)
    expect([...unpack(dtype, pack(dtype, values), values.length)]).toEqual([...values]);
  expect(() => unpack('int4', Uint8Array.of(1), 3)).toThrow(fault('model/data'));
});

test('float32 of every numeric type', () => {
  const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);
  expect([...toFloat32('float16', bytes(Uint16Array.of(0xc000)))]).toEqual([-2]);
  expect([...toFloat32('bfloat16', bytes(Uint16Array.of(0x3f80)))]).toEqual([1]);
  expect([...toFloat32('int64', bytes(BigInt64Array.of(-3n)))]).toEqual([-3]);
  expect([...toFloat32('float64', bytes(Float64Array.of(0.1)))]).toEqual([Math.fround(0.1)]);
  expect([...toFloat32('uint8', Uint8Array.of(255))]).toEqual([255]);
  expect([...toFloat32('int4', Uint8Array.of(0x8f))]).toEqual([-1, -8]);
  expect(() => toFloat32('complex64', new Uint8Array(8))).toThrow(fault('model/dtype'));
});
