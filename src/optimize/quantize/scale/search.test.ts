import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { multiplied, outputError, smoothingFactors } from './search.ts';

test('factors of the paper, with geometric mean 1; nothing for channels without values', () => {
  const factors = smoothingFactors(Float32Array.of(16, 1, 0), Float32Array.of(1, 1, 1), 0.5);
  // 4 and 1 around their mean 2.
  expect([...factors]).toEqual([2, 0.5, 1]);
  expect([...smoothingFactors(Float32Array.of(1, 1), Float32Array.of(0, Number.NaN), 0.5)]).toEqual([1, 1]);
});

test('a product', () => {
  const result = multiplied(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), 2, 2);
  expect([...result]).toEqual([19, 22, 43, 50]);
});

test('factors that take an outlier channel away lower the error', () => {
  const random = seeded(1, 'search');
  const rows = Float32Array.from({ length: 32 * 16 }, (_, i) => random.normal() * (i % 16 === 5 ? 60 : 1));
  const matrix = Float32Array.from({ length: 16 * 8 }, () => random.normal());
  const readers = [{ matrix, columns: 8 }];
  const exact = [multiplied(rows, matrix, 16, 8)];
  const plain = outputError(rows, readers, exact, new Float32Array(16).fill(1));
  const sizes = Float32Array.from({ length: 16 }, (_, i) => (i === 5 ? 150 : 3));
  const smooth = outputError(rows, readers, exact, smoothingFactors(sizes, new Float32Array(16).fill(2), 0.5));
  expect(plain).toBeGreaterThan(0);
  expect(smooth / plain).toBeLessThan(0.5);
  expect(outputError(new Float32Array(32), readers, [new Float32Array(16)], new Float32Array(16).fill(1))).toBe(0);
});
