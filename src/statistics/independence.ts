import type { Random } from '../contracts/index.ts';
import { chiSquaredCdf } from './special.ts';

/** Counts by two properties. Shape [rows, columns]. */
export type Table = readonly (readonly number[])[];

export interface ChiSquared {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
  /** Strength of the association, 0 to 1. Source: Cramér 1946. */
  readonly cramersV: number;
  /** The smallest expected count: below 5 the p-value is rough, ask `permutationTest`. */
  readonly leastExpected: number;
}

/** Pearson's χ² test of independence without continuity correction; rows and columns without any count do not take part.
 *  With fewer than two of either nothing is claimed: p = 1. Source: Pearson 1900. */
export const chiSquared = (table: Table): ChiSquared => {
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = (table[0] ?? []).map((_, at) => table.reduce((sum, row) => sum + row[at]!, 0));
  const total = rows.reduce((sum, count) => sum + count, 0);
  const [alive, across] = [rows.filter((count) => count > 0).length, columns.filter((count) => count > 0).length];
  if (alive < 2 || across < 2) return { statistic: 0, degreesOfFreedom: 0, p: 1, cramersV: 0, leastExpected: total };
  let [statistic, leastExpected] = [0, Number.POSITIVE_INFINITY];
  for (const [i, row] of table.entries())
    for (const [j, count] of row.entries()) {
      const expected = (rows[i]! * columns[j]!) / total;
      if (expected === 0) continue;
      leastExpected = Math.min(leastExpected, expected);
      statistic += (count - expected) ** 2 / expected;
    }
  const degreesOfFreedom = (alive - 1) * (across - 1);
  return {
    statistic,
    degreesOfFreedom,
    p: 1 - chiSquaredCdf(statistic, degreesOfFreedom),
    cramersV: Math.sqrt(statistic / (total * Math.min(alive - 1, across - 1))),
    leastExpected,
  };
};

/** Two-way counts of category indices, negative ones left out. Shape [rows, columns]. */
export const crossTable = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  columns: number,
): readonly number[][] => {
  const table = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  for (let i = 0; i < a.length; i++) if (a[i]! >= 0 && b[i]! >= 0) table[a[i]!]![b[i]!]!++;
  return table;
};

/** p-value by reshuffling: how often `statistic` of shuffled `values` is at least what it is as they stand. Exactly valid for any statistic and
 *  any number of shuffles; the smallest p is 1 / (shuffles + 1). Source: Phipson & Smyth 2010. */
export const permutationTest = (
  values: ArrayLike<number>,
  statistic: (values: Float64Array) => number,
  { random, shuffles = 2000 }: { readonly random: Random; readonly shuffles?: number },
): { readonly statistic: number; readonly p: number } => {
  const order = Float64Array.from(values);
  const observed = statistic(order);
  // Sums in another order differ in their last digits: such a draw counts as equal.
  const limit = observed - 1e-9 * Math.max(1, Math.abs(observed));
  let reached = 1;
  for (let shuffle = 0; shuffle < shuffles; shuffle++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      const one = order[i]!;
      order[i] = order[j]!;
      order[j] = one;
    }
    if (statistic(order) >= limit) reached++;
  }
  return { statistic: observed, p: reached / (shuffles + 1) };
};

/** Independence of two properties of the same items by reshuffling one of them: χ² as the statistic, valid however rare a cell is.
 *  `a` and `b` are category indices from 0. */
export const permutationIndependence = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: { readonly random: Random; readonly shuffles?: number },
): { readonly statistic: number; readonly p: number } => {
  if (a.length !== b.length) throw new Error(`independence of ${a.length} and ${b.length} items`);
  const count = (values: ArrayLike<number>): number => {
    let most = -1;
    for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
    return most + 1;
  };
  const [rows, columns] = [count(a), count(b)];
  const [rowSums, columnSums] = [new Float64Array(rows), new Float64Array(columns)];
  for (let i = 0; i < a.length; i++) {
    rowSums[a[i]!]!++;
    columnSums[b[i]!]!++;
  }
  const cells = new Float64Array(rows * columns);
  // Sums stay as they are, so χ² is Σ count² / expected up to a constant.
  const score = (values: Float64Array): number => {
    cells.fill(0);
    for (let i = 0; i < values.length; i++) cells[values[i]! * columns + b[i]!]!++;
    let sum = 0;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        if (rowSums[i]! > 0 && columnSums[j]! > 0)
          sum += (cells[i * columns + j]! ** 2 * values.length) / (rowSums[i]! * columnSums[j]!);
    return sum - values.length;
  };
  return permutationTest(a, score, options);
};
