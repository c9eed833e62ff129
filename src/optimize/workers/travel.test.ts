import { expect, test } from 'vitest';
import { buffersOf, ownCopy, sharedFloats } from './travel.ts';

test('a copy owns its memory, exactly as much as it shows, and shares what is shared', () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const shared = sharedFloats(2);
  const message = { part: whole.subarray(1, 3), shared, text: 'x', none: null };
  const copy = ownCopy(message);
  expect(copy).toEqual({ part: Float32Array.of(2, 3), shared, text: 'x', none: null });
  expect(copy.part.buffer).not.toBe(whole.buffer);
  expect(copy.part.buffer.byteLength).toBe(8);
  expect(copy.shared).toBe(shared);
  expect(buffersOf(copy)).toEqual([copy.part.buffer]);
});

test('a buffer with two views travels once', () => {
  const whole = new Uint8Array(8);
  expect(buffersOf({ a: whole.subarray(0, 4), b: whole.subarray(4) })).toEqual([whole.buffer]);
});
