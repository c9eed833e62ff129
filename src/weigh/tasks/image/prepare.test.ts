import { expect, test } from 'vitest';
import type { Pixels } from './pixels.ts';
import { prepare } from './prepare.ts';
import { preprocessorOf, type Preprocessor } from './preprocessor.ts';

const nothing: Preprocessor = { resize: null, crop: null, rescale: null, normalize: null, reversed: false };
const two: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };

test('channels come first or last, in either order', () => {
  expect(prepare(two, nothing, 'channels-first')).toEqual({
    dims: [3, 1, 2],
    data: Float32Array.of(10, 40, 20, 50, 30, 60),
  });
  expect(prepare(two, nothing, 'channels-last')).toEqual({
    dims: [1, 2, 3],
    data: Float32Array.of(10, 20, 30, 40, 50, 60),
  });
  expect([...prepare(two, { ...nothing, reversed: true }, 'channels-last').data]).toEqual([30, 20, 10, 60, 50, 40]);
});

test('scaled and normalized in float32', () => {
  const normalize = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const { data } = prepare(two, { ...nothing, rescale: 1 / 255, normalize }, 'channels-first');
  const f = Math.fround;
  expect(data[0]).toBe(f(f(f(10 / 255) - f(0.485)) / f(0.229)));
  expect(data[5]).toBeCloseTo((60 / 255 - 0.406) / 0.225, 6);
  expect(() => prepare(two, { ...nothing, normalize: { mean: [0, 0], std: [1, 1] } }, 'channels-last')).toThrowError(
    /3 channels/,
  );
});

test('the shorter side gets its size, the longer one is rounded down, then the middle is cut out', () => {
  const wide: Pixels = { width: 10, height: 6, channels: 1, data: new Uint8Array(60).fill(5) };
  const config = preprocessorOf({
    size: { shortest_edge: 4 },
    crop_size: 4,
    do_center_crop: true,
    do_resize: true,
    do_rescale: false,
  });
  expect(prepare(wide, { ...config, crop: null }, 'channels-first').dims).toEqual([1, 4, 6]);
  expect(prepare(wide, config, 'channels-first')).toEqual({ dims: [1, 4, 4], data: new Float32Array(16).fill(5) });
});
