import { expect, test } from 'vitest';
import { centerCrop, toChannels, type Pixels } from './pixels.ts';
import { golden, sha, source } from './testing/golden.ts';

test('gray as Pillow’s convert("L"), and back to three channels', () => {
  expect(sha(toChannels(source(), 1).data)).toBe(golden.l);
  const gray: Pixels = { width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 9) };
  expect([...toChannels(gray, 3).data]).toEqual([7, 7, 7, 9, 9, 9]);
  expect(toChannels(gray, 1)).toBe(gray);
});

const numbered = (height: number, width: number): Pixels => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, at) => at + 1),
});

test('the middle of a picture; odd rests are left at the bottom and right', () => {
  expect([...centerCrop(numbered(3, 4), 2, 3).data]).toEqual([1, 2, 3, 5, 6, 7]);
  expect([...centerCrop(numbered(3, 3), 1, 1).data]).toEqual([5]);
});

test('a picture that is too small stands in black', () => {
  expect([...centerCrop(numbered(1, 1), 3, 3).data]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect([...centerCrop(numbered(1, 2), 2, 2).data]).toEqual([0, 0, 1, 2]);
  expect([...centerCrop(numbered(1, 4), 2, 2).data]).toEqual([0, 0, 2, 3]);
});
