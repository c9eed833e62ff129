import { expect, test } from 'vitest';
import type { DataType, Value } from '../../contracts/index.ts';
import { castValue } from './cast.ts';

const floats = (...numbers: number[]): Value => ({
  dtype: 'float64',
  dims: [numbers.length],
  data: Float64Array.from(numbers),
});

test('keeps the numbers in every dtype that holds them', () => {
  expect(castValue(floats(1, -2), 'int64', 'x')).toEqual({
    dtype: 'int64',
    dims: [2],
    data: BigInt64Array.of(1n, -2n),
  });
  expect(castValue(floats(1, -2), 'int32', 'x').data).toEqual(Int32Array.of(1, -2));
  expect(castValue(floats(0.1), 'float32', 'x').data).toEqual(Float32Array.of(0.1));
  expect(castValue(floats(1.5), 'float16', 'x').data).toEqual(Uint16Array.of(0x3e00));
  const half: Value = { dtype: 'float16', dims: [1], data: Uint16Array.of(0x3e00) };
  expect(castValue(half, 'float32', 'x').data).toEqual(Float32Array.of(1.5));
  const long: Value = { dtype: 'int64', dims: [1], data: BigInt64Array.of(7n) };
  expect(castValue(long, 'uint8', 'x').data).toEqual(Uint8Array.of(7));
  expect(castValue(long, 'float32', 'x').data).toEqual(Float32Array.of(7));
  expect(castValue(long, 'int64', 'x')).toBe(long);
});

test.each<[number, DataType]>([
  [1.5, 'int64'],
  [300, 'uint8'],
  [-1, 'uint64'],
  [2 ** 31, 'int32'],
  [Number.NaN, 'int32'],
  [2, 'bool'],
  [1, 'complex64'],
])('%d does not fit %s', (number, dtype) => {
  expect(() => castValue(floats(number), dtype, 'row 3')).toThrowError(
    expect.objectContaining({ code: 'task/tensor', message: expect.stringContaining('row 3') }),
  );
});

test('text is not a number', () => {
  expect(() => castValue({ dtype: 'string', dims: [1], data: ['7'] }, 'int64', 'x')).toThrowError(/text/);
});
