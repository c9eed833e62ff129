import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { gainOf, hypervolume, nondominated } from './hypervolume.ts';

test('by hand: overlapping boxes are counted once, what lies outside not at all', () => {
  expect(hypervolume([[1]], [3])).toBe(2);
  expect(
    hypervolume(
      [
        [0, 1],
        [1, 0],
      ],
      [2, 2],
    ),
  ).toBe(3);
  expect(
    hypervolume(
      [
        [0, 1],
        [1, 0],
        [1, 1],
        [0, 1],
        [3, -9],
      ],
      [2, 2],
    ),
  ).toBe(3);
  // Three unit boxes at the axes of a 2 × 2 × 2 cube: 3·(2·2·1) − 3·(2·1·1) + 1.
  expect(
    hypervolume(
      [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
      [2, 2, 2],
    ),
  ).toBe(7);
  expect(hypervolume([], [1, 1])).toBe(0);
  expect(() => hypervolume([[1, 2]], [1, 2, 3])).toThrow('3');
});

test('nondominated keeps each point of the front once', () => {
  expect(
    nondominated([
      [2, 2],
      [1, 3],
      [1, 3],
      [3, 1],
      [3, 3],
      [1, 4],
    ]),
  ).toEqual([
    [1, 3],
    [2, 2],
    [3, 1],
  ]);
});

test.for([2, 3, 4])('%i objectives: equal to counting the cells of a grid', (size) => {
  const random = seeded(size, 'cells');
  const edge = 6;
  for (let round = 0; round < 8; round++) {
    const points = Array.from({ length: 1 + random.integer(12) }, () =>
      Array.from({ length: size }, () => random.integer(edge + 1)),
    );
    let cells = 0;
    for (let cell = 0; cell < edge ** size; cell++) {
      const corner = Array.from({ length: size }, (_, i) => Math.floor(cell / edge ** i) % edge);
      if (points.some((point) => point.every((value, i) => value <= corner[i]!))) cells++;
    }
    const reference = corners(size, edge);
    expect(hypervolume(points, reference)).toBe(cells);
    const [first, ...others] = points;
    expect(gainOf(first!, others, reference)).toBe(cells - hypervolume(others, reference));
  }
});

const corners = (size: number, edge: number): number[] => Array.from({ length: size }, () => edge);

test('the front f2 = 1 − √f1 in 400 steps: the area of the step function', () => {
  // With the reference (1, 1): each step i holds (f1[i+1] − f1[i])·√f1[i]; its limit is ∫√x dx = 2/3.
  const steps = 400;
  const front = Array.from({ length: steps + 1 }, (_, i) => [i / steps, 1 - Math.sqrt(i / steps)]);
  const sum = front.slice(0, -1).reduce((area, [x]) => area + Math.sqrt(x!) / steps, 0);
  expect(hypervolume(front, [1, 1])).toBeCloseTo(sum, 12);
  expect(Math.abs(hypervolume(front, [1, 1]) - 2 / 3)).toBeLessThan(1 / steps);
});

test('a sphere of three objectives, held against an integral', () => {
  // Points on the unit sphere's octant, reference (1, 1, 1): what is dominated tends to the cube less the ball's octant, 1 − π/6.
  const steps = 10;
  const front: number[][] = [];
  for (let i = 0; i <= steps; i++)
    for (let j = 0; j <= steps; j++) {
      const [a, b] = [(Math.PI / 2) * (i / steps), (Math.PI / 2) * (j / steps)];
      front.push([Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b), Math.sin(a)]);
    }
  const volume = hypervolume(front, [1, 1, 1]);
  expect(volume).toBeLessThan(1 - Math.PI / 6);
  expect(volume).toBeGreaterThan(1 - Math.PI / 6 - 0.16);
});
