import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { symmetricEigen } from './eigen.ts';

/** Qᵀ · diag(values) · Q for a random orthogonal Q: a matrix whose eigenvalues are known. */
const withValues = (values: readonly number[]): Float64Array => {
  const n = values.length;
  const stream = seeded(1, `known ${n}`);
  const q = Float64Array.from({ length: n * n }, () => stream.normal());
  for (let i = 0; i < n; i++) {
    for (let again = 0; again < 2; again++)
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let at = 0; at < n; at++) dot += q[i * n + at]! * q[j * n + at]!;
        for (let at = 0; at < n; at++) q[i * n + at]! -= dot * q[j * n + at]!;
      }
    let square = 0;
    for (let at = 0; at < n; at++) square += q[i * n + at]! ** 2;
    for (let at = 0; at < n; at++) q[i * n + at]! /= Math.sqrt(square);
  }
  const a = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j]! += values[k]! * q[k * n + i]! * q[k * n + j]!;
  return a;
};

const check = (a: Float64Array, n: number, scale: number): Float64Array => {
  const found = symmetricEigen(a.slice(), n)!;
  const { values, vectors } = found;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < n; row++) {
      let product = 0;
      // The lower half alone is read.
      for (let k = 0; k < n; k++) product += a[Math.max(row, k) * n + Math.min(row, k)]! * vectors[i * n + k]!;
      worst = Math.max(worst, Math.abs(product - values[i]! * vectors[i * n + row]!) / scale);
    }
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < n; k++) dot += vectors[i * n + k]! * vectors[j * n + k]!;
      worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)));
    }
  }
  expect(worst).toBeLessThan(1e-14 * (n + 30));
  expect([...values]).toEqual([...values].toSorted((x, y) => y - x));
  return values;
};

describe('matrices whose eigenvalues are known', () => {
  test.each<[string, number[]]>([
    ['one row', [3]],
    ['two rows', [3, 1]],
    ['all different, of both signs', [9, 4, 2.5, 1, -0.5, -7]],
    ['equal ones', [5, 5, 5, 2, 2, 2, 2, 1]],
    ['all equal', Array<number>(20).fill(4)],
    ['rank 3 of 40', [8, 2, 1, ...Array<number>(37).fill(0)]],
    ['falling by ten orders of magnitude', Array.from({ length: 35 }, (_, i) => 10 ** (-i * 0.3))],
    ['many, close to each other', Array.from({ length: 90 }, (_, i) => 1 + i * 1e-6)],
  ])('%s', (_, known) => {
    const n = known.length;
    const largest = Math.max(...known.map(Math.abs));
    const values = check(withValues(known), n, largest);
    known
      .toSorted((a, b) => b - a)
      .forEach((value, i) => expect(Math.abs(values[i]! - value) / largest).toBeLessThan(1e-14 * (n + 30)));
  });
});

test('more rotations than are collected at a time', () => {
  const n = 203;
  const stream = seeded(1, 'large');
  const a = Float64Array.from({ length: n * n }, () => stream.normal());
  check(a, n, Math.sqrt(2 * n));
});

test('zeros, a diagonal, and signs', () => {
  expect([...symmetricEigen(new Float64Array(9), 3)!.values]).toEqual([0, 0, 0]);
  const { values, vectors } = symmetricEigen(Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, 3), 3)!;
  expect([...values]).toEqual([5, 3, 1]);
  expect([...vectors]).toEqual([0, 1, 0, 0, 0, 1, 1, 0, 0]);
  expect(symmetricEigen(new Float64Array(0), 0)).toEqual({ values: new Float64Array(0), vectors: new Float64Array(0) });
});

test('NaN and infinity are told', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const at of [0, 3, 6, 8])
      expect(symmetricEigen(Float64Array.of(1, 0, 0, 2, 1, 0, 3, 4, 1).fill(bad, at, at + 1), 3)).toBeNull();
});
