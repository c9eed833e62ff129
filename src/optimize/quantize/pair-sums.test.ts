import { expect, test } from 'vitest';
import { normal } from '../testing/quantized.ts';
import { readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { quantizeWithin16, riskyPairs } from './pair-sums.ts';

const scheme = { type: 'int8', perChannel: false, bits: 8 } as const;
const values = (rows: number, columns: number): Float32Array =>
  toFloat32('float32', readTensorSync(normal([rows, columns], 'weights')));

test('pairs of rows 2i and 2i + 1 count, of the same sign and above 128 together', () => {
  const columns = [
    [64, 64, 100, 100],
    [65, 64, 0, 0],
    [-65, -64, 127, -127],
    [0, 127, 127, 0],
  ];
  const codes = Int8Array.from({ length: 16 }, (_, i) => columns[i % 4]![i >> 2]!);
  // Of eight pairs: the second of the first column, the first of the second, the first of the third.
  expect(riskyPairs(codes, 4)).toBe(3 / 8);
  expect(riskyPairs(Int8Array.of(127, 127), 2)).toBe(0);
});

test('normal weights keep 8 bits, with one scale and with one for each column', () => {
  for (const perChannel of [false, true]) {
    const { codes, narrowed } = quantizeWithin16(values(256, 64), 64, { ...scheme, perChannel });
    expect(narrowed).toBe(false);
    expect(Math.max(...codes)).toBe(127);
  }
});

test('weights that are much alike get 7 bits, unless sums are exact', () => {
  const alike = values(64, 16).map((value) => 1 + value / 100);
  const { codes, scales, narrowed } = quantizeWithin16(alike, 16, scheme);
  expect(narrowed).toBe(true);
  expect(Math.max(...codes)).toBe(64);
  expect(riskyPairs(codes as Int8Array, 16)).toBe(0);
  const worst = Math.max(...alike.map((value, i) => Math.abs(value - codes[i]! * scales[0]!)));
  expect(worst).toBeLessThanOrEqual(0.5001 * scales[0]!);
  expect(quantizeWithin16(alike, 16, { ...scheme, exactSums: true }).narrowed).toBe(false);
  expect(quantizeWithin16(alike, 16, { ...scheme, type: 'uint8' }).narrowed).toBe(false);
});
