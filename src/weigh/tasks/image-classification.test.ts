import { expect, test } from 'vitest';
import type { Dim, Image, ValueInfo } from '../../contracts/index.ts';
import { imageClassification } from './image-classification.ts';
import { preprocessorOf } from './image/index.ts';
import { exampleOf, resultOf } from './testing/text.ts';

const input = (dims: readonly Dim[], dtype: 'float32' | 'uint8' = 'float32'): ValueInfo => ({
  name: 'pixel_values',
  type: { kind: 'tensor', dtype, dims },
});
const task = (dims: readonly Dim[], config: unknown = { do_rescale: false }, dtype: 'float32' | 'uint8' = 'float32') =>
  imageClassification({
    labels: ['a', 'b'],
    inputs: [input(dims, dtype)],
    output: 'y',
    preprocessor: preprocessorOf(config),
  });
const image = (dims: number[], ...data: number[]): Image => ({
  kind: 'pixels',
  digest: '',
  pixels: { dtype: 'uint8', dims, data: Uint8Array.from(data) },
});
const gray = exampleOf({ id: '1', image: image([1, 2], 10, 20) });
const color = exampleOf({ id: '2', image: image([1, 2, 3], 1, 2, 3, 4, 5, 6) });

test('pictures are fed as the model declares them', () => {
  expect(task(['N', 3, 1, 2]).encode([gray, color]).feeds['pixel_values']).toEqual({
    dtype: 'float32',
    dims: [2, 3, 1, 2],
    data: Float32Array.of(10, 20, 10, 20, 10, 20, 1, 4, 2, 5, 3, 6),
  });
  expect(task(['N', 'H', 'W', 3]).encode([color]).feeds['pixel_values']!.dims).toEqual([1, 1, 2, 3]);
  expect(task(['N', 1, 1, 2], undefined, 'uint8').encode([gray]).feeds['pixel_values']).toEqual({
    dtype: 'uint8',
    dims: [1, 1, 1, 2],
    data: Uint8Array.of(10, 20),
  });
});

test('pictures of their own size share a call only with their like', () => {
  const free = task(['N', 3, 'H', 'W']);
  const tall = exampleOf({ id: '3', image: image([2, 1], 1, 2) });
  expect([free.bucket!(gray), free.bucket!(tall)]).toEqual(['3x1x2', '3x2x1']);
  expect(() => free.encode([gray, tall])).toThrowError(/examples 1 and 3 have the shapes/);
  expect(task(['N', 3, 4, 4], { size: { height: 4, width: 4 }, do_resize: true }).bucket!(tall)).toBe('');
});

test('scores are classes’', () => {
  const one = task(['N', 3, 1, 2]);
  expect(one.answers).toBeUndefined();
  expect([
    ...one.decode(
      resultOf({
        y: [
          [1, 2],
          [1, 2],
        ],
      }),
      1,
      [gray],
    ),
  ]).toEqual([1, 2]);
  expect(one.fingerprint).not.toBe(task(['N', 3, 1, 2], {}).fingerprint);
});

test('refuses pictures of another size, examples without one, and models with other inputs', () => {
  expect(() => task(['N', 3, 8, 8]).encode([gray])).toThrowError(/becomes \[3, 1, 2\], the model takes \[N, 3, 8, 8\]/);
  expect(() => task(['N', 3, 8, 8]).encode([exampleOf({})])).toThrowError(/no picture/);
  expect(() => task(['N', 3])).toThrowError(expect.objectContaining({ code: 'task/input' }));
});
