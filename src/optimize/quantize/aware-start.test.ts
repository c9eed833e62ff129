import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { roundBlocks } from './blocks/rtn.ts';
import { startInBlocks, startInColumns, valuesPerScale } from './aware-start.ts';

const random = seeded(1, 'start');
const matrix = Float32Array.from({ length: 40 * 6 }, () => random.normal());

const errorOf = (scales: Float32Array, bits: number): number => {
  let error = 0;
  matrix.forEach((value, i) => {
    const scale = scales[Math.floor(Math.floor(i / 6) / 16) * 6 + (i % 6)]!;
    const code = Math.min(2 ** (bits - 1) - 1, Math.max(-(2 ** (bits - 1)), Math.round(value / scale)));
    error += (value - code * scale) ** 2;
  });
  return error;
};

test.each([2, 4])('blocks of %i bits start with less error than the full range, or the same', (bits) => {
  const full = roundBlocks(matrix, 6, { bits: bits as 2, blockSize: 16, symmetric: true }).scales;
  const start = startInBlocks(matrix, 6, 16, bits);
  expect(start.length).toBe(3 * 6);
  expect(errorOf(start, bits)).toBeLessThan(errorOf(full, bits));
  start.forEach((scale, i) => expect(scale / full[i]!).toBeGreaterThanOrEqual(0.29));
});

test('columns start over the full range; zeros get 1', () => {
  const columns = startInColumns(Float32Array.of(1, 0, -2, 0), 2, true, 127);
  expect([...columns]).toEqual([Math.fround(2 / 127), 1]);
  expect([...startInColumns(Float32Array.of(1, 0, -4, 0), 2, false, 64)]).toEqual([0.0625]);
  expect([...startInBlocks(new Float32Array(8), 2, 4, 4)]).toEqual([1, 1]);
  expect(valuesPerScale([4, 6], 6)).toBe(4);
});
