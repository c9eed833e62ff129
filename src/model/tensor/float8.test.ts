import { expect, test } from 'vitest';
import { decodeFloat8, toFloat32 } from './index.ts';

// Largest finite values and special codes: ONNX documentation, "Float stored in 8 bits".
test('8-bit floats', () => {
  expect([...decodeFloat8('float8e4m3fn', Uint8Array.of(0x38, 0x7e, 0x7f, 0x01, 0xff))]).toEqual([
    1,
    448,
    NaN,
    2 ** -9,
    NaN,
  ]);
  expect([...decodeFloat8('float8e4m3fnuz', Uint8Array.of(0x40, 0x7f, 0x80, 0x01))]).toEqual([1, 240, NaN, 2 ** -10]);
  expect([...decodeFloat8('float8e5m2', Uint8Array.of(0x3c, 0x7b, 0x7c, 0xfc, 0x7d))]).toEqual([
    1,
    57344,
    Infinity,
    -Infinity,
    NaN,
  ]);
  expect([...decodeFloat8('float8e5m2fnuz', Uint8Array.of(0x40, 0x7f, 0x80))]).toEqual([1, 57344, NaN]);
  expect([...toFloat32('float8e5m2', Uint8Array.of(0xbc))]).toEqual([-1]);
});
