import { expect, test } from 'vitest';
import { coded, kernelOf } from './kernel.ts';
import { shapeOf } from './shape.ts';
import { dimension, spaceOf } from './testing/landscape.ts';

const space = spaceOf([
  dimension('way', 3),
  dimension('bits', 2, { when: { dimension: 'way', values: [1] } }),
  dimension('threads', 5, { ordered: true }),
]);
const shape = shapeOf(space);

test('a dimension that does not count has a value of its own', () => {
  expect([...coded(shape, [0, 0, 3])]).toEqual([0, 2, 3]);
  expect([...coded(shape, [1, 0, 3])]).toEqual([1, 0, 3]);
});

test('the nearer the liker, in both terms; equal points are 1 where everything counts', () => {
  for (const additive of [0, 0.5, 1]) {
    const kernel = kernelOf(shape, { additive, decay: 1, relevance: [0.5, 0.2, 0.3] });
    const to = (...point: number[]): number => kernel(coded(shape, [1, 1, 0]), coded(shape, point));
    expect(to(1, 1, 0)).toBeCloseTo(1, 12);
    expect(to(1, 1, 0)).toBeGreaterThan(to(1, 1, 1));
    expect(to(1, 1, 1)).toBeGreaterThan(to(1, 1, 4));
    expect(to(1, 1, 1)).toBeGreaterThan(to(1, 0, 1));
    expect(to(1, 0, 0)).toBeGreaterThan(to(2, 0, 4));
  }
});
