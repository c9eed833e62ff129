import { expect, test } from 'vitest';
import { reach } from './testing/reach.ts';

const both = [0, 1];
const made = 'x: float32[N, 3, 8, 8]; k = float32[2, 3, 1, 1] {...}; b = float32[2] {...}; h = Conv(x, k, b)';
const read = 'z = float32[1, 2, 1, 1] {...}; y = Conv(e, z)';

test('channels through pools, padding, resizing and a depthwise convolution', () => {
  expect(
    reach(
      `${made}; pads = int64[8] {0, 0, 1, 1, 0, 0, 1, 1}; p = Pad(h, pads); m = MaxPool(p) {kernel_shape: [2, 2]}
       d = float32[2, 1, 3, 3] {...}; c = Conv(m, d) {group: 2}; scales = float32[4] {1.0, 1.0, 2.0, 2.0}; e = Resize(c, _, scales); ${read}
       -> y: float32[N, 1, H, W]`,
      'h',
      1,
      both,
    ),
  ).toMatchObject({ k: { 0: both }, b: { 0: both }, d: { 0: both }, m: { 1: both }, e: { 1: both }, z: { 1: both } });
});

test('the weight of a transposed convolution lies the other way round', () => {
  expect(
    reach(
      `${made}; t = float32[2, 4, 2, 2] {...}; e = ConvTranspose(h, t); y = ReduceMax(e) {axes: [1, 2, 3]}\n-> y: float32[N, 1, 1, 1]`,
      'h',
      1,
      both,
    ),
  ).toMatchObject({ t: { 0: both } });
});

test('groups, padded channels and computed weights stop it', () => {
  expect(
    reach(`${made}; g = float32[4, 1, 1, 1] {...}; y = Conv(h, g) {group: 2}\n-> y: float32[N, 4, 8, 8]`, 'h', 1, both),
  ).toContain('groups of channels');
  expect(
    reach(
      `${made}; pads = int64[8] {0, 1, 0, 0, 0, 0, 0, 0}; y = Pad(h, pads)\n-> y: float32[N, 3, 8, 8]`,
      'h',
      1,
      both,
    ),
  ).toContain('changes the axis');
  expect(
    reach(
      `x: float32[N, 3, 8, 8]; f: float32[2, 3, 1, 1]; h = Conv(x, f); y = Relu(h)\n-> y: float32[N, 2, 8, 8]`,
      'h',
      1,
      both,
    ),
  ).toContain('weight of a convolution is computed');
});
