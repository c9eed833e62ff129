import { expect, test } from 'vitest';
import { candidateScales, meanSizes, rowSizes, sampledColumns, scalingErrors } from './awq.ts';
import { roundBlocks } from './rtn.ts';
import { decoded, gramOf, normals, outputError } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const scheme: BlockScheme = { bits: 4, blockSize: 32, symmetric: true };

/** Inputs of which few channels are 30 times as large as the others. */
const outliers = (rows: number, k: number): Float32Array =>
  normals(rows * k, 'x').map((value, at) => value * ((at % k) % 17 === 3 ? 30 : 1));

test('on inputs with outliers, scaling beats round to nearest by far', () => {
  const k = 64;
  const n = 40;
  const rows = outliers(128, k);
  const weight = normals(k * n, 'w');
  const candidates = candidateScales(meanSizes(rows, k), rowSizes(weight, n, 32));
  const errors = scalingErrors({ rows, weight, columns: n, candidates, scheme });
  const best = errors.indexOf(Math.min(...errors));
  expect(best).toBeGreaterThan(0);
  // The first candidate is round to nearest, measured the same way as by hand.
  const gram = gramOf(rows, k);
  const nearest = outputError(gram, weight, decoded(roundBlocks(weight, n, scheme), n, scheme), k);
  const size = Math.sqrt(errors[0]!) / nearest;
  const s = candidates.subarray(best * k, (best + 1) * k);
  const scaled = weight.map((value, at) => value * s[Math.floor(at / n)]!);
  const back = decoded(roundBlocks(scaled, n, scheme), n, scheme).map((value, at) => value / s[Math.floor(at / n)]!);
  expect(outputError(gram, weight, back, k) * size).toBeCloseTo(Math.sqrt(errors[best]!), 1);
  expect(Math.sqrt(errors[best]! / errors[0]!)).toBeLessThan(0.6);
});

test('where inputs are alike, no scale wins or hardly any', () => {
  const rows = normals(64 * 32, 'alike');
  const weight = normals(32 * 16, 'w');
  const candidates = candidateScales(meanSizes(rows, 32), rowSizes(weight, 16, 32));
  const errors = scalingErrors({ rows, weight, columns: 16, candidates, scheme });
  expect(Math.min(...errors) / errors[0]!).toBeGreaterThan(0.7);
});

test('candidates: ones first, all positive and finite, also for inputs that are never active', () => {
  const all = candidateScales(Float32Array.of(1, 0, 100, 3), Float32Array.of(0.5, 0.2, 0, 1));
  expect([...all.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
  expect(all.length / 4).toBe(1 + 9 + 10);
  for (const scale of all) expect(scale > 0 && Number.isFinite(scale)).toBe(true);
  const nothing = candidateScales(new Float32Array(4), new Float32Array(4));
  for (const scale of nothing) expect(scale > 0 && Number.isFinite(scale)).toBe(true);
});

test('sizes of inputs and of weights within their blocks', () => {
  expect([...meanSizes(Float32Array.of(1, -2, 3, 4), 2)]).toEqual([2, 3]);
  // Two blocks of 16 rows, one column: 1 … 16 and zeros.
  const weight = Float32Array.from({ length: 32 }, (_, row) => (row < 16 ? row + 1 : 0));
  expect([...rowSizes(weight, 1, 16)]).toEqual(Array.from({ length: 32 }, (_, row) => (row < 16 ? (row + 1) / 16 : 0)));
  expect([...sampledColumns(3)]).toEqual([0, 1, 2]);
  expect(sampledColumns(1000)).toHaveLength(128);
  expect(sampledColumns(1000).at(-1)).toBeLessThan(1000);
});

test('an odd number of rows counts all of them', () => {
  const weight = normals(32 * 5, 'odd');
  const candidates = new Float32Array(32).fill(1);
  const rows = normals(3 * 32, 'odd rows');
  const [all] = scalingErrors({ rows, weight, columns: 5, candidates, scheme });
  const parts = [0, 1, 2].map(
    (row) => scalingErrors({ rows: rows.slice(row * 32, (row + 1) * 32), weight, columns: 5, candidates, scheme })[0]!,
  );
  expect(all).toBeCloseTo(
    parts.reduce((sum, one) => sum + one, 0),
    6,
  );
});
