import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { scoreHistogram, sharesOf } from './unstructured-shares.ts';

const normals = (count: number, label: string, scale = 1): Float64Array => {
  const stream = seeded(1, label);
  return Float64Array.from({ length: count }, () => Math.abs(stream.normal()) * scale);
};

test('layers of the same kind give the same, whatever the size of their numbers', () => {
  const shares = sharesOf([normals(4000, 'a'), normals(8000, 'b', 1000)].map(scoreHistogram), 0.5, 0.95);
  expect(shares[0]).toBeCloseTo(0.5, 1);
  expect(shares[1]).toBeCloseTo(0.5, 1);
  expect((shares[0]! * 4000 + shares[1]! * 8000) / 12000).toBeCloseTo(0.5, 9);
});

test('a layer of a few large numbers gives more, up to the most, and the total is kept', () => {
  const spiky = Float64Array.from({ length: 4000 }, (_, i) => (i % 40 === 0 ? 1 : 0.001));
  const shares = sharesOf([spiky, normals(4000, 'a')].map(scoreHistogram), 0.6, 0.9);
  expect(shares[0]).toBeCloseTo(0.9, 9);
  expect(shares[1]).toBeCloseTo(0.3, 9);
});

test('ends: nothing, everything, zeros', () => {
  const histograms = [normals(100, 'a'), new Float64Array(100)].map(scoreHistogram);
  expect(sharesOf(histograms, 0, 0.95)).toEqual([0, 0]);
  expect(sharesOf(histograms, 1, 1)).toEqual([1, 1]);
  expect(sharesOf(histograms, 0.5, 1)).toEqual([0, 1]);
  expect(sharesOf([], 0.5, 1)).toEqual([]);
});
