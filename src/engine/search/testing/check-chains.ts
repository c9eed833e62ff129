import { expect } from 'vitest';
import { parseOptions, type Point } from '../../../contracts/index.ts';
import { orderFault } from '../../../optimize/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { techniqueOf } from '../../build/techniques.ts';
import type { TechniqueSpace } from '../space.ts';

/** A point, all equally likely per dimension; null where it is excluded. */
const drawn = ({ space }: TechniqueSpace, next: () => number): Point | null => {
  const point: number[] = [];
  const at = new Map(space.dimensions.map(({ id }, index) => [id, index]));
  const counts: boolean[] = [];
  for (const { when, values } of space.dimensions) {
    const parent = when === undefined ? -1 : at.get(when.dimension)!;
    const on_ = when === undefined || (counts[parent]! && when.values.includes(point[parent]!));
    counts.push(on_);
    point.push(on_ ? Math.floor(next() * values.length) : 0);
  }
  return space.excluded(point) === null ? point : null;
};

/** Random points that may be tried are chains in an order that makes sense, whose options exist, with names of their own, and back; so is every seed. */
export const checkChains = (space: TechniqueSpace, draws: number): void => {
  const random = seeded(1, 'points');
  const ids = new Map<string, string>();
  for (let i = 0; i < draws; i++) {
    const point = drawn(space, () => random.next());
    if (point === null) continue;
    const chain = space.chainOf(point);
    expect(orderFault(chain.steps)).toBeNull();
    for (const { technique, options } of chain.steps) parseOptions(technique, techniqueOf(technique).options, options);
    expect(space.pointOf(chain)).toEqual(point);
    expect(ids.get(chain.id) ?? point.join()).toBe(point.join());
    ids.set(chain.id, point.join());
  }
  expect(ids.size).toBeGreaterThan(draws / 20);
  for (const seed of space.seeds) {
    expect(space.space.excluded(seed)).toBeNull();
    expect(space.pointOf(space.chainOf(seed))).toEqual(seed);
  }
};
