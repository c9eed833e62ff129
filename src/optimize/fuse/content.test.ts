import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { readTensor, tensor } from '../../model/tensor/index.ts';
import { digestOf, keyOf, sizeOf } from './content.ts';

const context = { bytes: readTensor };
const key = (text: string): Promise<string> => keyOf(parseText(text).graph.nodes[0] ?? expect.fail('no node'), context);

test('digests tell type, shape and values apart', async () => {
  const same = [tensor('float32', [2], Float32Array.of(1, 2)), tensor('float32', [2], Float32Array.of(1, 2))] as const;
  expect(await digestOf(same[0], context)).toBe(await digestOf(same[1], context));
  const others = [
    tensor('float32', [1, 2], Float32Array.of(1, 2)),
    tensor('float32', [2], Float32Array.of(1, 3)),
    tensor('int32', [2], Int32Array.of(1065353216, 1073741824)),
    tensor('float32', [2], Float32Array.of(-0, 2)),
    tensor('float32', [2], Float32Array.of(0, 2)),
  ];
  expect(new Set(await Promise.all([same[0], ...others].map((one) => digestOf(one, context)))).size).toBe(6);
});

test('string tensors cannot be confused by their joints', async () => {
  const strings = (...values: string[]) => tensor('string', [values.length], values);
  expect(await digestOf(strings('ab', 'c'), context)).not.toBe(await digestOf(strings('a', 'bc'), context));
  expect(sizeOf(strings('ab', 'c'))).toBe(3);
});

test('sizes count packed bits', () => {
  expect(sizeOf(tensor('float32', [2, 3], new Float32Array(6)))).toBe(24);
  expect(sizeOf({ dtype: 'int4', dims: [3], data: { kind: 'inline', bytes: new Uint8Array(2) } })).toBe(2);
});

test('keys tell what a node computes, not what it is called', async () => {
  expect(await key('y = Add(a, b) as "one"')).toBe(await key('z = Add(a, b) as "two"'));
  const different = [
    'y = Add(a, b)',
    'y = Add(b, a)',
    'y = com.x.Add(a, b)',
    'y = Sub(a, b)',
    'y = Add(a, b) {k: 1}',
    'y = Add(a, b) {k: 1.0}',
    'y = Add(a, b) {k: 0.0}',
    'y = Add(a, b) {k: -0.0}',
    'y, z = Add(a, b)',
    'y = Add(a, b) {k: int8[1] {1}}',
    'y = Add(a, b) {k: [1]}',
    'y = Add(a, b) {k: "1"}',
  ];
  expect(new Set(await Promise.all(different.map(key))).size).toBe(different.length);
});
