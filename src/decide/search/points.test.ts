import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { allPoints, freshPoint, pointsOf, sizeOf } from './points.ts';
import { canonical, keyOf, shapeOf } from './shape.ts';
import { dimension, spaceOf } from './testing/landscape.ts';

const dimensions = [
  dimension('way', ['none', 'dynamic', 'static']),
  dimension('bits', 2, { when: { dimension: 'way', values: [1, 2] } }),
  dimension('exact', 2, { when: { dimension: 'bits', values: [1] } }),
  dimension('threads', 3, { ordered: true }),
];
const space = spaceOf(dimensions, ([way, , , threads]) => (way === 2 && threads === 2 ? 'known to fail' : null));

test('every allowed point comes once, in order', () => {
  const points = [...pointsOf(space)];
  const shape = shapeOf(space);
  expect(points.length).toBe(18);
  expect(new Set(points.map(keyOf)).size).toBe(18);
  for (const point of points) expect(canonical(shape, point)).toEqual(point);
  expect(points.slice(0, 4)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 0, 2],
    [1, 0, 0, 0],
  ]);
  expect(points.map(keyOf)).toEqual(
    points.toSorted((a, b) => a.reduce((order, value, i) => order || value - b[i]!, 0)).map(keyOf),
  );
  expect([...pointsOf(spaceOf([]))]).toEqual([]);
});

test('small spaces are counted, large ones estimated with an error', () => {
  expect(sizeOf(space)).toEqual({ points: 18, exact: true, error: 0 });
  expect(sizeOf(spaceOf([dimension('a', 3)], () => 'nothing is allowed'))).toEqual({
    points: 0,
    exact: true,
    error: 0,
  });
  const large = spaceOf(
    Array.from({ length: 12 }, (_, i) => dimension(`d${i}`, 4)),
    ([first]) => (first === 3 ? 'not here' : null),
  );
  const size = sizeOf(large);
  expect(allPoints(large)).toBeNull();
  expect(size.exact).toBe(false);
  expect(Math.abs(size.points - 0.75 * 4 ** 12)).toBeLessThan(4 * size.error);
  expect(size.error / 4 ** 12).toBeLessThan(0.011);
});

test('random points are equally likely, whatever depends on what', () => {
  const random = seeded(5, 'points');
  const seen = new Map<string, number>();
  const draws = 9000;
  for (let i = 0; i < draws; i++) {
    const key = keyOf(freshPoint(space, random, new Set())!);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  expect(seen.size).toBe(18);
  // Chi-squared with 17 degrees of freedom: 40.8 is exceeded once in a thousand times.
  const expected = draws / 18;
  expect([...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(40.8);
});

test('what is taken is not drawn again, to the last point, also where nearly nothing is allowed', () => {
  const taken = new Set<string>();
  for (let i = 0; i < 18; i++) taken.add(keyOf(freshPoint(space, seeded(i, 'fresh'), taken)!));
  expect(taken.size).toBe(18);
  expect(freshPoint(space, seeded(1, 'fresh'), taken)).toBeNull();
  const needle = spaceOf(
    Array.from({ length: 5 }, (_, i) => dimension(`d${i}`, 8)),
    (point) => (point.every((value) => value === 5) ? null : 'not this'),
  );
  expect(allPoints(needle)).toBeNull();
  expect(freshPoint(needle, seeded(1, 'needle'), new Set())).toEqual([5, 5, 5, 5, 5]);
  expect(freshPoint(needle, seeded(1, 'needle'), new Set(['5,5,5,5,5']))).toBeNull();
});
