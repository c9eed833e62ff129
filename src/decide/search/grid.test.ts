import { expect, test } from 'vitest';
import { grid } from './grid.ts';
import { allPoints } from './points.ts';
import { problemOf, tuning } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';

test('goes through a space in order, in full, after the seeds', () => {
  const world = tuning(1);
  const seeds = world.seeds.map((seed) => seed.join());
  const points = explore(grid, problemOf(world), world.look, { most: 60 });
  const expected = allPoints(world.space)!.map((point) => point.join());
  expect(points.every(({ rung }) => rung === 2)).toBe(true);
  expect(points.slice(0, 5).map(({ point }) => point.join())).toEqual(seeds);
  expect(points.slice(5).map(({ point }) => point.join())).toEqual(
    expected.filter((key) => !seeds.includes(key)).slice(0, 55),
  );
});
