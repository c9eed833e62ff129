import { expect, test } from 'vitest';
import { chiSquaredTable } from './golden.ts';
import { chiSquared, crossTable, permutationIndependence, permutationTest } from './independence.ts';
import { seeded } from './random.ts';

test('χ² of a table', () => {
  const result = chiSquared(chiSquaredTable.table);
  expect(result.statistic).toBeCloseTo(chiSquaredTable.statistic, 12);
  expect(result.p).toBeCloseTo(chiSquaredTable.p, 12);
  expect(result.degreesOfFreedom).toBe(2);
  expect(result.cramersV).toBeCloseTo(chiSquaredTable.cramersV, 12);
  expect(result.leastExpected).toBeCloseTo(5.76, 12);
});

test('empty rows and columns do not take part; one row left claims nothing', () => {
  expect(
    chiSquared([
      [12, 0, 5, 9],
      [0, 0, 0, 0],
      [7, 0, 14, 3],
    ]).degreesOfFreedom,
  ).toBe(2);
  expect(chiSquared([[3, 4]]).p).toBe(1);
  expect(chiSquared([]).p).toBe(1);
});

const itemsOf = (table: readonly (readonly number[])[]) => {
  const [a, b]: [number[], number[]] = [[], []];
  for (const [i, row] of table.entries())
    for (const [j, count] of row.entries())
      for (let one = 0; one < count; one++) {
        a.push(i);
        b.push(j);
      }
  return { a, b };
};

test('counts by two properties, unknown ones left out', () => {
  expect(crossTable([0, 1, 1, -1], [1, 0, 1, 0], 2, 2)).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

test('reshuffling finds the statistic of χ² and about its p', () => {
  const { a, b } = itemsOf(chiSquaredTable.table);
  const { statistic, p } = permutationIndependence(a, b, { random: seeded(1, 'p'), shuffles: 4000 });
  expect(statistic).toBeCloseTo(chiSquaredTable.statistic, 10);
  expect(p).toBeGreaterThan(0.008);
  expect(p).toBeLessThan(0.022);
  expect(permutationIndependence(a, b, { random: seeded(1, 'p'), shuffles: 4000 }).p).toBe(p);
});

test('a rare cell: where χ² is rough, reshuffling counts like Fisher’s exact test', () => {
  const { a, b } = itemsOf([
    [3, 0],
    [1, 16],
  ]);
  // Hypergeometric: P(3 of 4 among 3) = 4 · 1 / C(20, 3); the other tail is no table as unlikely by χ².
  const { p } = permutationIndependence(a, b, { random: seeded(2, 'fisher'), shuffles: 20_000 });
  expect(p).toBeCloseTo(4 / 1140, 2);
});

test('no p below what the shuffles can show; no item, no claim', () => {
  const values = Float64Array.from({ length: 40 }, (_, i) => i);
  const first = (order: Float64Array) => order[0]! - order[39]!;
  const sum = (order: Float64Array) => -Math.abs(first(order));
  expect(permutationTest(values, sum, { random: seeded(1, 'q'), shuffles: 99 }).p).toBe(1);
  const ordered = (order: Float64Array) => order.reduce((all, value, i) => all + value * i, 0);
  expect(permutationTest(values, ordered, { random: seeded(1, 'q'), shuffles: 99 }).p).toBe(0.01);
  expect(permutationIndependence([], [], { random: seeded(1, 'q'), shuffles: 9 }).p).toBe(1);
  expect(() => permutationIndependence([1], [], { random: seeded(1, 'q') })).toThrow('1 and 0');
});

test('false alarms stay at the level, also with few items', () => {
  const runs = 400;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const random = seeded(run, 'independence');
    const a = Array.from({ length: 20 }, () => random.integer(3));
    const b = Array.from({ length: 20 }, () => (random.next() < 0.15 ? 1 : 0));
    if (permutationIndependence(a, b, { random, shuffles: 199 }).p <= 0.05) alarms++;
  }
  expect(alarms / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});
