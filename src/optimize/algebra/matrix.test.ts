import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { isFinite32, transposed } from './matrix.ts';

const random = (count: number, label: string): Float32Array => {
  const stream = seeded(1, label);
  return Float32Array.from({ length: count }, () => stream.normal());
};

test('transposed and isFinite32', () => {
  expect([...transposed(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  const big = random(70 * 45, 'transpose');
  expect(transposed(transposed(big, 70, 45), 45, 70)).toEqual(big);
  expect(isFinite32(big)).toBe(true);
  expect(isFinite32(Float32Array.of(1, Number.NaN))).toBe(false);
  expect(isFinite32(Float32Array.of(1, Number.NEGATIVE_INFINITY))).toBe(false);
});
