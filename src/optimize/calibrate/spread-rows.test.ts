import { expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { context, model } from '../testing/quantized.ts';
import { observe, placesOfRows, spreadRows } from './index.ts';

/** Rows that say where they are from: [batch, row]. */
const batchOf = (batch: number, rows: number): Feeds => ({
  x: {
    dtype: 'float32',
    dims: [rows, 2],
    data: Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? batch : i >> 1)),
  },
});

const sample = async (...sizes: number[]): Promise<number[][]> => {
  const world = await context(async function* () {
    for (const [at, rows] of sizes.entries()) yield batchOf(at, rows);
  });
  const statistic = spreadRows(2, placesOfRows(seeded(1, 'places')));
  await observe(model('x: float32[N, 2]; y = Neg(x)'), [{ value: 'x', statistic }], world);
  const rows = [...statistic.rows()];
  statistic.forget();
  expect(statistic.rows()).toHaveLength(0);
  return Array.from({ length: rows.length / 2 }, (_, at) => rows.slice(2 * at, 2 * at + 2));
};

test('small batches are taken whole, empty ones are none', async () => {
  expect(await sample(3, 0, 16, 1)).toEqual([
    ...[0, 1, 2].map((row) => [0, row]),
    ...Array.from({ length: 16 }, (_, row) => [2, row]),
    [3, 0],
  ]);
});

test('of a large batch comes one row of each sixteenth', async () => {
  const rows = await sample(1600);
  expect(rows.map(([, row]) => Math.floor(row! / 100))).toEqual(Array.from({ length: 16 }, (_, part) => part));
});

test('of many batches at most eight are kept, spread evenly', async () => {
  const kept = async (count: number): Promise<number[]> => [
    ...new Set((await sample(...Array.from({ length: count }, () => 1))).map(([batch]) => batch!)),
  ];
  expect(await kept(8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await kept(9)).toEqual([0, 2, 4, 6, 8]);
  expect(await kept(32)).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
});
