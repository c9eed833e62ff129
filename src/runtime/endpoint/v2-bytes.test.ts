import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { readBytes, writeBytes } from './v2-bytes.ts';
import { wireTypeNamed } from './v2-types.ts';

// Bytes by NumPy: numpy.array(values, dtype).tobytes(); texts as struct.pack('<I', length) + UTF-8.
const cases: readonly (readonly [string, Value, string])[] = [
  [
    'INT64',
    { dtype: 'int64', dims: [2], data: BigInt64Array.of(9007199254740993n, -2n) },
    '0100000000002000feffffffffffffff',
  ],
  ['FP16', { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3e00, 0xc000) }, '003e00c0'],
  ['FP32', { dtype: 'float32', dims: [1, 2], data: Float32Array.of(0.25, 0.75) }, '0000803e0000403f'],
  ['FP64', { dtype: 'float64', dims: [1], data: Float64Array.of(-1e300) }, '9c7500883ce437fe'],
  ['INT16', { dtype: 'int16', dims: [2], data: Int16Array.of(1, -2) }, '0100feff'],
  ['BOOL', { dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) }, '010001'],
  ['BYTES', { dtype: 'string', dims: [3], data: ['a', '', 'né'] }, `0100000061${'00000000'}03000000${'6ec3a9'}`],
  ['FP32', { dtype: 'float32', dims: [0], data: new Float32Array(0) }, ''],
];

test.each(cases)('%s: the bytes that NumPy gives, there and back, from any offset', (name, value, hex) => {
  const bytes = writeBytes(value);
  expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  const shifted = Buffer.concat([Buffer.of(9), bytes]).subarray(1);
  expect(readBytes('x', wireTypeNamed(name)!, shifted, value.data.length)).toEqual(value.data);
});

test.each([
  ['FP32', '0000803e00', 1, '5 bytes for 1 elements of FP32'],
  ['FP32', '0000803e', 2, '4 bytes for 2'],
  ['INT64', '', 2 ** 52, '0 bytes for'],
  ['BOOL', '0102', 2, 'no booleans'],
  ['BYTES', '0100000061', 2, 'ends after 1 of 2 texts'],
  ['BYTES', 'ffffffff61', 1, 'longer than the bytes'],
  ['BYTES', '010000006161', 1, '1 bytes after its last text'],
  ['BYTES', '0100', 1, 'ends after 0 of 1 texts'],
] as const)('%s of %s is not %d elements', (name, hex, count, what) => {
  expect(() => readBytes('x', wireTypeNamed(name)!, Buffer.from(hex, 'hex'), count)).toThrow(what);
});
