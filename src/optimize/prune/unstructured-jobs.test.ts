import { expect, test } from 'vitest';
import { gramOf, normals } from '../quantize/blocks/testing/matrices.ts';
import { histogramJob, sparseJob } from './unstructured-jobs.ts';

const weight = normals(64 * 32, 'w');
const base = { weight, n: 32, pattern: { kind: 'share', share: 0.75, within: 'layer' }, damping: 0.01 } as const;

test('zeros are counted, and compression gains by them', () => {
  const found = sparseJob({ ...base, squares: null, gram: null });
  expect(found.zeros).toBe(0.75 * 64 * 32);
  expect(found.weight.filter((value) => value === 0).length).toBe(found.zeros);
  const full = sparseJob({ ...base, pattern: { ...base.pattern, share: 0 }, squares: null, gram: null });
  expect(full.weight).toEqual(weight);
  expect(found.zipped).toBeLessThan(0.5 * full.zipped);
});

test('a gram brings the update, and NaN in it is told', () => {
  const gram = gramOf(normals(200 * 64, 'rows'), 64);
  const found = sparseJob({ ...base, squares: null, gram });
  expect(found.weight.some((value, at) => value !== 0 && value !== weight[at])).toBe(true);
  expect(sparseJob({ ...base, squares: null, gram: gram.fill(Number.NaN) }).weight).toHaveLength(0);
});

test('the histogram counts every weight', () => {
  const { counts } = histogramJob({ weight, n: 32, squares: null });
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(weight.length);
});
