import { expect, test } from 'vitest';
import { kneeOf } from './knee.ts';

test('the corner of a bent front, whatever the units', () => {
  const front = [
    [0, 1],
    [0.1, 0.4],
    [0.2, 0.2],
    [0.5, 0.1],
    [1, 0],
  ];
  const knee = kneeOf(front)!;
  expect(knee.index).toBe(2);
  // The distance of (0.2, 0.2) to the line x + y = 1.
  expect(knee.distance).toBeCloseTo(0.6 / Math.SQRT2, 12);
  expect(kneeOf(front.map(([x, y]) => [1e6 * x! - 7, 1e-3 * y!]))!.index).toBe(2);
});

test('the curve y = (1 − √x)²: its knee is where both are a quarter', () => {
  const front = Array.from({ length: 101 }, (_, i) => [i / 100, (1 - Math.sqrt(i / 100)) ** 2]);
  expect(kneeOf(front)!.index).toBe(25);
});

test('three objectives, and one that does not vary', () => {
  expect(
    kneeOf([
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
      [0.2, 0.2, 0.2],
    ])!.index,
  ).toBe(3);
  expect(
    kneeOf([
      [0, 1, 5],
      [0.2, 0.2, 5],
      [1, 0, 5],
    ])!.index,
  ).toBe(1);
});

test('no knee: too few points, a straight or a hollow front, one objective', () => {
  expect(
    kneeOf([
      [0, 1],
      [1, 0],
    ]),
  ).toBeNull();
  expect(
    kneeOf([
      [0, 1],
      [0.5, 0.5],
      [1, 0],
    ]),
  ).toBeNull();
  expect(
    kneeOf([
      [0, 1],
      [0.8, 0.8],
      [1, 0],
    ]),
  ).toBeNull();
  expect(kneeOf([[0], [1], [2]])).toBeNull();
  expect(kneeOf([])).toBeNull();
});
