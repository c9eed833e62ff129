import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { canonical, shapeOf } from './shape.ts';
import { dimension, spaceOf } from './testing/landscape.ts';
import { crossover, mutate, neighborsOf } from './vary.ts';

const space = spaceOf(
  [
    dimension('way', ['none', 'dynamic', 'static']),
    dimension('bits', 3, { ordered: true, when: { dimension: 'way', values: [1] } }),
    dimension('threads', 5, { ordered: true }),
  ],
  ([way, , threads]) => (way === 2 && threads === 3 ? 'not this' : null),
);
const shape = shapeOf(space);

test('neighbors differ in one thing that counts', () => {
  expect(neighborsOf(space, [0, 0, 2])).toEqual([
    [1, 0, 2],
    [2, 0, 2],
    [0, 0, 1],
    [0, 0, 3],
  ]);
  // Leaving the way forgets its bits; [2, 0, 3] is excluded.
  expect(neighborsOf(space, [1, 1, 3])).toEqual([
    [0, 0, 3],
    [1, 0, 3],
    [1, 2, 3],
    [1, 1, 2],
    [1, 1, 4],
  ]);
});

test('mutants are canonical, differ, mostly in one thing, and reach everything', () => {
  const random = seeded(3, 'mutants');
  const seen = new Map<string, number>();
  let point: readonly number[] = [1, 1, 2];
  for (let i = 0; i < 900; i++) {
    const next = mutate(space, point, random);
    expect(canonical(shape, next)).toEqual(next);
    expect(next).not.toEqual(point);
    seen.set(next.join(), (seen.get(next.join()) ?? 0) + 1);
    point = next;
  }
  expect(seen.size).toBe((1 + 3 + 1) * 5);
  expect(mutate(spaceOf([dimension('a', 1)]), [0], random)).toEqual([0]);
});

test('children have what one parent has; what counts in neither is drawn', () => {
  const random = seeded(4, 'children');
  const children = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const child = crossover(space, [1, 2, 0], [0, 0, 4], random);
    expect(canonical(shape, child)).toEqual(child);
    children.add(child.join());
  }
  expect([...children].toSorted()).toEqual(['0,0,0', '0,0,4', '1,2,0', '1,2,4']);
  const late = spaceOf([
    dimension('a', 2),
    dimension('b', 2),
    dimension('c', 3, { when: { dimension: 'b', values: [1] } }),
  ]);
  const drawn = new Set(Array.from({ length: 200 }, () => crossover(late, [0, 1, 2], [1, 0, 0], random).join()));
  // Where b is 1, only the first parent knows c.
  expect([...drawn].toSorted()).toEqual(['0,0,0', '0,1,2', '1,0,0', '1,1,2']);
});
