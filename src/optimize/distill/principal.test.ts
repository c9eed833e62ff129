import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import {
  columnNorms,
  columnsOf,
  flipped,
  largest,
  principalDirections,
  product,
  rowNorms,
  rowsOf,
  type Matrix,
} from './principal.ts';

const matrix = (rows: number, columns: number, ...values: number[]): Matrix => ({
  values: Float32Array.from(values),
  rows,
  columns,
});

test('arithmetic by hand', () => {
  const a = matrix(2, 3, 1, 2, 3, 4, 5, 6);
  expect([...product(a, matrix(3, 1, 1, 0, -1)).values]).toEqual([-2, -2]);
  expect([...flipped(a).values]).toEqual([1, 4, 2, 5, 3, 6]);
  expect([...columnsOf(a, [2, 0]).values]).toEqual([3, 1, 6, 4]);
  expect([...rowsOf(a, [1]).values]).toEqual([4, 5, 6]);
  expect([...columnNorms(matrix(2, 2, 3, 0, 4, 1))]).toEqual([5, 1]);
  expect([...rowNorms(matrix(2, 2, 3, 4, 0, 1))]).toEqual([5, 1]);
  expect(largest([1, 5, 5, 2], 2)).toEqual([1, 2]);
  expect(largest([1, 5, 7, 2], 3)).toEqual([1, 2, 3]);
});

test('a table of rank 2 comes back whole from two directions', () => {
  const random = seeded(1, 'table');
  // Rows without a mean: directions are those of what normalization leaves.
  const basis = matrix(2, 4, 1, -1, 0, 0, 0, 1, 1, -2);
  const factors = matrix(30, 2, ...Array.from({ length: 60 }, () => random.normal()));
  const table = product(factors, basis);
  const directions = principalDirections(table, 2);
  expect([directions.rows, directions.columns]).toEqual([4, 2]);
  const back = product(product(table, directions), flipped(directions));
  for (const [i, value] of back.values.entries()) expect(value).toBeCloseTo(table.values[i]!, 4);
  // Orthonormal.
  const gram = product(flipped(directions), directions).values;
  expect(gram[0]).toBeCloseTo(1, 5);
  expect(gram[1]).toBeCloseTo(0, 5);
  expect(gram[3]).toBeCloseTo(1, 5);
});

test('more directions never lose more, and the best one is better than any axis', () => {
  const random = seeded(2, 'table');
  const table = matrix(50, 6, ...Array.from({ length: 300 }, () => random.normal() * (1 + random.integer(3))));
  const means = Array.from(
    { length: 50 },
    (_, row) => table.values.slice(row * 6, row * 6 + 6).reduce((a, b) => a + b) / 6,
  );
  const centered = { ...table, values: table.values.map((value, i) => value - means[Math.floor(i / 6)]!) };
  const energy = (m: Matrix): number => m.values.reduce((sum, value) => sum + value * value, 0);
  const kept = [1, 2, 3, 5].map((rank) => energy(product(centered, principalDirections(table, rank))));
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect(kept[3]).toBeCloseTo(energy(centered), 1);
  for (let axis = 0; axis < 6; axis++) expect(kept[0]).toBeGreaterThan(energy(columnsOf(centered, [axis])));
});
