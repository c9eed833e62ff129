import { expect, test } from 'vitest';
import { inferShapes, parseText, typeText } from '../index.ts';

const types = (text: string): Record<string, string> =>
  Object.fromEntries([...inferShapes(parseText(text))].map(([name, type]) => [name, typeText(type)]));

test('broadcasts with names', () => {
  expect(types('x: float32[N, 1, 4]; w: float32[3, 1]; y = Add(x, w); z = Equal(y, y)')).toMatchObject({
    y: 'float32[N, 3, 4]',
    z: 'bool[N, 3, 4]',
  });
});

test('carries a shape through Shape, Gather, Concat and Reshape', () => {
  const found = types(`x: float32[B, S, 768]
    s = Shape(x)
    i = int64[] {0}; j = int64[] {1}; k = int64[1] {0}; tail = int64[2] {12, 64}
    b0 = Gather(s, i); b = Unsqueeze(b0, k)
    s0 = Gather(s, j); t = Unsqueeze(s0, k)
    shape = Concat(b, t, tail) {axis: 0}
    heads = Reshape(x, shape)
    y = Transpose(heads) {perm: [0, 2, 1, 3]}`);
  expect(found['heads']).toBe('float32[B, S, 12, 64]');
  expect(found['y']).toBe('float32[B, 12, S, 64]');
});

test('solves the open size of a Reshape by name', () => {
  expect(types('x: float32[B, 4, 8]; s = int64[2] {0, -1}; y = Reshape(x, s)')['y']).toBe('float32[B, 32]');
  expect(types('x: float32[B, 4, 8]; s = int64[2] {-1, 8}; y = Reshape(x, s)')['y']).toBe('float32[?, 8]');
  expect(types('x: float32[B, 8]; s = int64[3] {-1, 2, 4}; y = Reshape(x, s)')['y']).toBe('float32[B, 2, 4]');
});

test('an unknown operator gives an unknown type, not a failure', () => {
  expect(types('x: float32[2]; y = my.Strange(x); z = Relu(y)')).toEqual({ x: 'float32[2]' });
});
