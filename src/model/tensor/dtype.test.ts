import { describe, expect, test } from 'vitest';
import { bitsOf, byteLengthOf, dataTypeOf, dataTypes, elementCount, onnxNumberOf } from './index.ts';

describe('dtypes', () => {
  test('names and ONNX numbers are one to one', () => {
    expect(dataTypes).toHaveLength(27);
    for (const dtype of dataTypes) expect(dataTypeOf(onnxNumberOf(dtype))).toBe(dtype);
    expect([onnxNumberOf('float32'), onnxNumberOf('int64'), onnxNumberOf('bfloat16'), onnxNumberOf('int4')]).toEqual([
      1, 7, 16, 22,
    ]);
    expect(dataTypeOf(27)).toBeNull();
    expect(dataTypeOf(-1)).toBeNull();
  });
  test('widths, packed types included', () => {
    expect([bitsOf('float32'), bitsOf('complex128'), bitsOf('uint4'), bitsOf('int2')]).toEqual([32, 128, 4, 2]);
    expect(byteLengthOf('int4', [3])).toBe(2);
    expect(byteLengthOf('uint2', [5])).toBe(2);
    expect(byteLengthOf('float16', [2, 3])).toBe(12);
    expect(byteLengthOf('float32', [])).toBe(4);
    expect(byteLengthOf('float32', [4, 0])).toBe(0);
    expect(() => bitsOf('string')).toThrow(expect.objectContaining({ code: 'model/dtype' }));
  });
  test('refuses shapes that cannot exist', () => {
    const absurd = expect.objectContaining({ code: 'model/absurd' });
    expect(() => elementCount([-1])).toThrow(absurd);
    expect(() => elementCount([1.5])).toThrow(absurd);
    expect(() => elementCount([0, -1])).toThrow(absurd);
    expect(() => elementCount([2 ** 40, 2 ** 40])).toThrow(absurd);
    expect(elementCount([2 ** 40, 2 ** 40, 0])).toBe(0);
    expect(() => byteLengthOf('float64', [2 ** 52])).toThrow(absurd);
  });
});
