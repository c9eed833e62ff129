import { expect, test } from 'vitest';
import { gramOf, normals } from '../quantize/blocks/testing/matrices.ts';
import { basisJob, projectJob, scatterJob } from './jobs.ts';

test('the scatter of slabs is that of the table; weights count rows more often', () => {
  const rows = normals(30 * 12, 'table');
  const whole = gramOf(rows, 12);
  const parts = [rows.subarray(0, 17 * 12), rows.subarray(17 * 12)].map(
    (part) => scatterJob({ rows: part, width: 12, weights: null }).sum,
  );
  const twice = scatterJob({ rows, width: 12, weights: new Float32Array(30).fill(2) }).sum;
  for (let i = 0; i < 12; i++)
    for (let j = 0; j <= i; j++) {
      expect(parts[0]![i * 12 + j]! + parts[1]![i * 12 + j]!).toBeCloseTo(whole[i * 12 + j]!, 4);
      expect(twice[i * 12 + j]!).toBeCloseTo(2 * whole[i * 12 + j]!, 4);
    }
});

test('basis and projection give a table of rank 8 back', () => {
  const [a, b] = [normals(40 * 8, 'a'), normals(8 * 24, 'b')];
  const rows = new Float32Array(40 * 24);
  for (let i = 0; i < 40; i++)
    for (let r = 0; r < 8; r++) for (let j = 0; j < 24; j++) rows[i * 24 + j]! += a[i * 8 + r]! * b[r * 24 + j]!;
  const matrix = scatterJob({ rows, width: 24, weights: null }).sum;
  const { basis, rank, tails } = basisJob({ matrix, width: 24, most: 16, error: 1e-6 });
  expect(rank).toBe(8);
  expect(tails![1]).toBeLessThan(1e-12);
  const { projected } = projectJob({ rows, width: 24, basis, rank });
  rows.forEach((value, at) => {
    let sum = 0;
    for (let r = 0; r < 8; r++) sum += projected[Math.floor(at / 24) * 8 + r]! * basis[r * 24 + (at % 24)]!;
    expect(sum).toBeCloseTo(value, 4);
  });
  expect(basisJob({ matrix: new Float64Array(4).fill(Number.NaN), width: 2, most: 0, error: null }).tails).toBeNull();
});
