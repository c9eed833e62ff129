import { expect, test } from 'vitest';
import { clipColumns, factorJob, gramsJob, propagateColumns, quantizeSlab } from './jobs.ts';
import { gramOf, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: false };
const slab = { columns: 6, byColumn: false, alpha: 1, scheme, method: 'rtn', importance: null, packed: false } as const;

test('a slab stored by columns, and one with alpha, are the plain matrix', () => {
  const weight = normals(20 * 6, 'w');
  const plain = quantizeSlab({ ...slab, weight });
  const stored = Float32Array.from(weight, (_, at) => weight[(at % 20) * 6 + Math.floor(at / 20)]!);
  expect(quantizeSlab({ ...slab, weight: stored, byColumn: true })).toEqual(plain);
  expect(quantizeSlab({ ...slab, weight: weight.map((one) => one / 2), alpha: 2 })).toEqual(plain);
});

test('NaN and infinity are told, also those that alpha makes', () => {
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY])
    expect(quantizeSlab({ ...slab, weight: new Float32Array(12).fill(1).fill(bad, 3, 4) }).finite).toBe(false);
  expect(quantizeSlab({ ...slab, weight: new Float32Array(12).fill(1e30), alpha: 1e30 }).finite).toBe(false);
});

test('columns are quantized as part of the whole', () => {
  const rows = normals(60 * 20, 'rows');
  const weight = normals(20 * 6, 'w');
  const common = { weight, all: 6, inputScale: null, scheme, packed: false };
  const found = factorJob({ gram: gramOf(rows, 20), k: 20, damping: 0.01, actOrder: true, inputScale: null }).found!;
  const gptq = { ...common, table: found.table, order: found.order, importance: found.diagonal };
  const { grams } = gramsJob({ rows, k: 20, blockSize: 16, inputScale: null });
  for (const run of [
    (from: number, to: number) => propagateColumns({ ...gptq, from, to }),
    (from: number, to: number) => clipColumns({ ...common, grams, from, to }),
  ]) {
    const whole = run(0, 6);
    const part = run(2, 5);
    expect([...part.codes]).toEqual([...whole.codes].filter((_, at) => at % 6 >= 2 && at % 6 < 5));
    expect([...part.scales]).toEqual([...whole.scales].filter((_, at) => at % 6 >= 2 && at % 6 < 5));
  }
});
