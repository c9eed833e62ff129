import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { tridiagonalize } from './tridiagonal.ts';

const symmetric = (n: number): Float64Array => {
  const stream = seeded(1, `tridiagonal ${n}`);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = stream.normal();
  return a;
};

test.each([1, 2, 3, 4, 9, 30, 61])('Q · T · Qᵀ gives the matrix back and Q is orthogonal, n = %i', (n) => {
  const a = symmetric(n);
  const { diagonal, beside, q } = tridiagonalize(a.slice(), n);
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let product = 0;
      let unit = 0;
      for (let k = 0; k < n; k++) {
        let t = diagonal[k]! * q[j * n + k]!;
        if (k > 0) t += beside[k - 1]! * q[j * n + k - 1]!;
        if (k + 1 < n) t += beside[k]! * q[j * n + k + 1]!;
        product += q[i * n + k]! * t;
        unit += q[i * n + k]! * q[j * n + k]!;
      }
      worst = Math.max(worst, Math.abs(product - a[i * n + j]!), Math.abs(unit - (i === j ? 1 : 0)));
    }
  expect(worst).toBeLessThan(1e-13 * (n + 10));
});

test('a matrix that is tridiagonal already stays as it is; very small numbers are no zeros', () => {
  const { diagonal, beside, q } = tridiagonalize(Float64Array.of(1, 2, 0, 2, 3, 4, 0, 4, 5), 3);
  expect([...diagonal]).toEqual([1, 3, 5]);
  expect([...beside]).toEqual([2, 4, 0]);
  expect([...q]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const tiny = 1e-200;
  const small = tridiagonalize(Float64Array.of(0, 0, 3 * tiny, 0, 0, 4 * tiny, 3 * tiny, 4 * tiny, 0), 3);
  expect(Math.abs(small.beside[1]!) / tiny).toBeCloseTo(5, 12);
});
