import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { cholesky } from './cholesky.ts';

/** XᵀX of normal rows: positive definite when there are more rows than columns. */
const second = (n: number, rows: number): Float64Array => {
  const random = seeded(1, `second ${n} ${rows}`);
  const result = new Float64Array(n * n);
  for (let row = 0; row < rows; row++) {
    const x = Float64Array.from({ length: n }, () => random.normal());
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[i * n + j]! += x[i]! * x[j]!;
  }
  return result;
};

test.each([1, 2, 3, 5, 63, 64, 65, 67, 130, 301])('L·Lᵀ gives the matrix back, n = %i', (n) => {
  const matrix = second(n, 2 * n + 3);
  const factor = matrix.slice();
  expect(cholesky(factor, n)).toBe(true);
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += factor[i * n + k]! * factor[j * n + k]!;
      worst = Math.max(worst, Math.abs(sum - matrix[i * n + j]!));
    }
  expect(worst).toBeLessThan(1e-9 * n);
});

test('a matrix that is not positive definite is refused, not factored', () => {
  expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
  expect(cholesky(new Float64Array(9), 3)).toBe(false);
  expect(cholesky(Float64Array.of(1, 0, Number.NaN, 1), 2)).toBe(false);
  // Rank 20 of 100.
  const flat = second(100, 20);
  for (let i = 0; i < 100; i++) flat[i * 100 + i]! -= 1e-6;
  expect(cholesky(flat, 100)).toBe(false);
});
