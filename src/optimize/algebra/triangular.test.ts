import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { solveTransposed } from './triangular.ts';

test.each([
  [1, 1],
  [7, 3],
  [40, 70],
  [90, 65],
])('Lᵀ · X gives B back, n = %i, %i columns; what lies above the diagonal of L is not read', (n, columns) => {
  const stream = seeded(1, `triangular ${n}`);
  const lower = Float64Array.from({ length: n * n }, () => stream.normal() / n);
  for (let i = 0; i < n; i++) {
    lower[i * n + i]! += 2;
    lower.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
  }
  const b = Float64Array.from({ length: n * columns }, () => stream.normal());
  const x = b.slice();
  solveTransposed(lower, n, x, columns);
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let j = i; j < n; j++) sum += lower[j * n + i]! * x[j * columns + column]!;
      worst = Math.max(worst, Math.abs(sum - b[i * columns + column]!));
    }
  expect(worst).toBeLessThan(1e-10);
});
