import { expect, test } from 'vitest';
import type { DataType, Dim, Example, Value, ValueInfo } from '../../contracts/index.ts';
import { tensorClassification } from './tensor-classification.ts';

const input = (name: string, dtype: DataType, dims: readonly Dim[]): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims },
});
const task = (...inputs: ValueInfo[]) => tensorClassification({ labels: ['a', 'b'], inputs, output: 'y' });
const value = (dims: number[], ...data: number[]): Value => ({ dtype: 'float64', dims, data: Float64Array.from(data) });
const example = (id: string, tensors: Record<string, Value>): Example => ({ id, tensors, label: null, groups: {} });

test('stacks examples and converts them to the declared type', () => {
  const one = task(input('x', 'int32', ['N', 2]), input('m', 'float32', ['N']));
  const rows = [
    example('1', { x: value([2], 1, 2), m: value([], 0.5) }),
    example('2', { x: value([2], 3, 4), m: value([], 1.5) }),
  ];
  expect(one.encode(rows).feeds).toEqual({
    x: { dtype: 'int32', dims: [2, 2], data: Int32Array.of(1, 2, 3, 4) },
    m: { dtype: 'float32', dims: [2], data: Float32Array.of(0.5, 1.5) },
  });
});

test('a flat list fills a fixed shape of the same size', () => {
  const one = task(input('x', 'float32', [1, 1, 2, 2]));
  expect(one.encode([example('1', { x: value([4], 1, 2, 3, 4) })]).feeds['x']!.dims).toEqual([1, 1, 2, 2]);
});

test('examples of different shapes are in different buckets and refuse to share a batch', () => {
  const one = task(input('x', 'float32', ['N', 'T']));
  const [short, long] = [example('1', { x: value([1], 1) }), example('2', { x: value([2], 1, 2) })];
  expect(one.bucket!(short)).not.toBe(one.bucket!(long));
  expect(() => one.encode([short, long])).toThrowError(/examples 1 and 2 have the shapes \[1\] and \[2\]/);
});

test.each<[string, Record<string, Value>, RegExp]>([
  ['a missing tensor', { z: value([2], 1, 2) }, /example 9, input "x": no tensor; the example has: z/],
  ['another shape', { x: value([3], 1, 2, 3) }, /shape \[3\], the model takes \[N, 2\]/],
  ['numbers that do not fit', { x: value([2], 1.5, 2) }, /1.5 is not a whole number/],
])('refuses %s', (_, tensors, message) => {
  const one = task(input('x', 'int64', ['N', 2]));
  expect(() => one.encode([example('9', tensors)])).toThrowError(expect.objectContaining({ code: 'task/tensor' }));
  expect(() => one.encode([example('9', tensors)])).toThrowError(message);
});

test('keys of runs made before still fit', () => {
  expect(task(input('x', 'float32', ['N', 2])).fingerprint).toBe(
    'a3d0fcf117f8e2d22b0d9322b274c276198284ef6edc1c7992a6fdca576889ec',
  );
});
