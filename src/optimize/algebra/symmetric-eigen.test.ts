import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

test('a matrix of two rows, by hand', () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
  expect(values[0]).toBeCloseTo(3, 12);
  expect(values[1]).toBeCloseTo(1, 12);
  expect(Math.abs(vectors[0]!)).toBeCloseTo(Math.SQRT1_2, 12);
  expect(vectors[0]! * vectors[1]!).toBeCloseTo(0.5, 12);
});

test.each([
  [1, 1],
  [3, 2],
  [8, 8],
  [33, 33],
  [40, 7],
])('%d columns of rank %d: A v = λ v, orthonormal, largest first', (n, rank) => {
  const random = seeded(1, `eigen ${n}`);
  const factor = Float64Array.from({ length: n * rank }, () => random.normal());
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < rank; k++) matrix[i * n + j]! += factor[i * rank + k]! * factor[j * rank + k]!;
  const { values, vectors } = symmetricEigen(matrix, n);
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < n; row++) {
      let product = 0;
      for (let k = 0; k < n; k++) product += matrix[row * n + k]! * vectors[i * n + k]!;
      worst = Math.max(worst, Math.abs(product - values[i]! * vectors[i * n + row]!));
    }
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < n; k++) dot += vectors[i * n + k]! * vectors[j * n + k]!;
      worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)));
    }
  }
  expect(worst).toBeLessThan(1e-10 * Math.max(1, values[0]!));
  expect([...values]).toEqual([...values].sort((a, b) => b - a));
  for (const value of values.slice(rank)) expect(Math.abs(value)).toBeLessThan(1e-10 * values[0]!);
});

test('zeros and a diagonal stay what they are', () => {
  expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
  const { values, vectors } = symmetricEigen(Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, 3), 3);
  expect([...values]).toEqual([5, 3, 1]);
  expect([...vectors.slice(0, 3)]).toEqual([0, 1, 0]);
});

test('what is not finite ends with a code', () => {
  expect(() => symmetricEigen(Float64Array.of(1, NaN, NaN, 1), 2)).toThrow(
    expect.objectContaining({ code: 'optimize/eigen' }),
  );
});
