import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { timesTransposed, transposed64 } from './product.ts';

const random = (count: number, label: string): Float64Array => {
  const stream = seeded(1, label);
  return Float64Array.from({ length: count }, () => stream.normal());
};

test.each([
  [1, 1, 1],
  [2, 4, 3],
  [3, 5, 7],
  [67, 70, 300],
  [5, 130, 513],
])('[%i, k] · [%i, k]ᵀ with k = last: plain sums', (m, n, k) => {
  const [a, b] = [random(m * k, 'a'), random(n * k, 'b')];
  const product = timesTransposed(a, m, b, n, k);
  let worst = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let at = 0; at < k; at++) sum += a[i * k + at]! * b[j * k + at]!;
      worst = Math.max(worst, Math.abs(sum - product[i * n + j]!));
    }
  expect(worst).toBeLessThan(1e-11);
});

test.each([1, 2, 63, 64, 65, 131])('the lower half of a · aᵀ, n = %i', (n) => {
  const a = random(n * 20, 'lower');
  const whole = timesTransposed(a, n, a, n, 20);
  const half = timesTransposed(a, n, a, n, 20, true);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(half[i * n + j]).toBe(whole[i * n + j]);
});

test('transposed64 takes both widths', () => {
  expect([...transposed64(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  const big = random(70 * 45, 'transpose');
  expect(transposed64(transposed64(big, 70, 45), 45, 70)).toEqual(big);
});
