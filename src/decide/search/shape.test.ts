import { expect, test } from 'vitest';
import { canonical, counts, keyOf, shapeOf } from './shape.ts';
import { dimension, spaceOf } from './testing/landscape.ts';

const space = spaceOf([
  dimension('way', ['none', 'dynamic', 'static']),
  dimension('bits', 2, { when: { dimension: 'way', values: [1, 2] } }),
  dimension('exact', 2, { when: { dimension: 'bits', values: [1] } }),
  dimension('threads', 3, { ordered: true }),
]);

test('a dimension counts where the one that it depends on has such a value', () => {
  const shape = shapeOf(space);
  expect([0, 1, 2, 3].map((at) => counts(shape, [1, 0, 0, 0], at))).toEqual([true, true, false, true]);
  // 0 is a value like any other: a dimension may count only where another is left as it is.
  const opposite = shapeOf(spaceOf([dimension('a', 2), dimension('b', 2, { when: { dimension: 'a', values: [0] } })]));
  expect([counts(opposite, [0, 1], 1), counts(opposite, [1, 1], 1)]).toEqual([true, false]);
});

test('points that differ only where it does not count are one', () => {
  const shape = shapeOf(space);
  expect(canonical(shape, [0, 1, 1, 2])).toEqual([0, 0, 0, 2]);
  expect(canonical(shape, [2, 0, 1, 2])).toEqual([2, 0, 0, 2]);
  expect(keyOf(canonical(shape, [0, 1, 1, 2]))).toBe(keyOf([0, 0, 0, 2]));
});

test('counts the points below each value', () => {
  const shape = shapeOf(space);
  // none: 1; dynamic and static: bits 0, or bits 1 with exact 0 or 1. Times three threads.
  expect(shape.weights[0]).toEqual([1, 3, 3]);
  expect(shape.total).toBe(21);
  expect(shapeOf(spaceOf([])).total).toBe(0);
});

test('a space that contradicts itself is a bug', () => {
  expect(() => shapeOf(spaceOf([dimension('a', 2), dimension('a', 2)]))).toThrow('share an id');
  expect(() =>
    shapeOf(spaceOf([dimension('a', 2, { when: { dimension: 'b', values: [1] } }), dimension('b', 2)])),
  ).toThrow('does not come before');
  expect(() => shapeOf(spaceOf([dimension('a', [])]))).toThrow('no values');
  expect(() => canonical(shapeOf(space), [0, 0])).toThrow('4 dimensions');
  expect(() => canonical(shapeOf(space), [3, 0, 0, 0])).toThrow('value 3');
});
