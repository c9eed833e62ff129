import { expect, test } from 'vitest';
import { normal } from '../testing/quantized.ts';
import { readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { cutOff, quantizeWithin16 } from './pair-sums.ts';

const scheme = { type: 'int8', perChannel: false, bits: 8 } as const;
const values = (rows: number, columns: number): Float32Array =>
  toFloat32('float32', readTensorSync(normal([rows, columns], 'weights')));

test('what leaves 16 bits in rows 2i and 2i + 1 of one column counts, next to the product', () => {
  const columns = [
    [73, 73, 100, -100],
    [74, 73, 0, 0],
    [-74, -73, 127, 127],
    [0, 127, 127, 0],
  ];
  const codes = Int8Array.from({ length: 16 }, (_, i) => columns[i % 4]![i >> 2]!);
  // 224 · 147 is 161 beyond 32,767; 224 · 254 is 24,129 beyond; 224 · 146 is within. On both sides of zero, they make good for each other.
  const cut = [0, 161, 24_129 - 160, 0];
  const squares = columns.map((column) => column.reduce((sum, code) => sum + code * code, 0));
  const norm = (numbers: readonly number[]) => Math.sqrt(numbers.reduce((sum, one) => sum + one, 0));
  expect(cutOff(codes, 4, Float32Array.of(0.5))).toBeCloseTo(
    norm(cut.map((one) => one * one)) / (40 * norm(squares)),
    12,
  );
  // A column of tiny weights takes no part.
  expect(cutOff(codes, 4, Float32Array.of(1, 1, 1e-9, 1))).toBeLessThan(0.02);
  expect(cutOff(Int8Array.of(127, 127), 2, Float32Array.of(1))).toBe(0);
  expect(cutOff(new Int8Array(8), 2, Float32Array.of(1))).toBe(0);
});

test('normal weights keep 8 bits, with one scale and with one for each column', () => {
  for (const perChannel of [false, true]) {
    const { codes, narrowed } = quantizeWithin16(values(256, 64), 64, { ...scheme, perChannel });
    expect(narrowed).toBe(false);
    expect(Math.max(...codes)).toBe(127);
  }
});

test('a few rows with a scale per column have no others to hide in: 7 bits; one scale leaves them room', () => {
  const weight = values(32, 32).fill(0, 0, 512);
  expect(quantizeWithin16(weight, 32, { ...scheme, perChannel: true }).narrowed).toBe(true);
  expect(quantizeWithin16(weight, 32, scheme).narrowed).toBe(false);
});

test('weights that are much alike get 7 bits, unless sums are exact', () => {
  const alike = values(64, 16).map((value) => 1 + value / 100);
  const { codes, scales, narrowed } = quantizeWithin16(alike, 16, scheme);
  expect(narrowed).toBe(true);
  expect(Math.max(...codes)).toBe(64);
  expect(cutOff(codes as Int8Array, 16, scales)).toBe(0);
  const worst = Math.max(...alike.map((value, i) => Math.abs(value - codes[i]! * scales[0]!)));
  expect(worst).toBeLessThanOrEqual(0.5001 * scales[0]!);
  expect(quantizeWithin16(alike, 16, { ...scheme, exactSums: true }).narrowed).toBe(false);
  expect(quantizeWithin16(alike, 16, { ...scheme, type: 'uint8' }).narrowed).toBe(false);
});
