import { expect, test } from 'vitest';
import { random } from './random.ts';
import { problemOf, tuning } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';

test('another seed draws other points; every value of a dimension comes', () => {
  const world = tuning(1);
  const points = (seed: number): string[] =>
    explore(random, problemOf(world, { seed, seeds: [] }), world.look, { most: 60 }).map(({ point }) => point.join());
  expect(points(1)).toEqual(points(1));
  const both = new Set([...points(1), ...points(2)]);
  expect(both.size).toBeGreaterThan(90);
  expect(new Set(points(3).map((key) => key[0])).size).toBe(5);
});
