import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { crowdingOf, frontsOf, outdoes, placeOf, type Placed } from './ranking.ts';
import { looked } from './testing/landscape.ts';

const at = (...objectives: number[]) => ({ objectives, misses: 0 });

/** Constrained domination as Deb et al. 2002, §VI, define it. */
const dominatesConstrained = (a: Placed, b: Placed): boolean =>
  a.misses === b.misses ? a.misses === 0 && outdoes(a.objectives, b.objectives) : a.misses < b.misses;

test('domination needs one thing to be better', () => {
  expect([outdoes([1, 2], [1, 3]), outdoes([1, 2], [1, 2]), outdoes([1, 4], [2, 3])]).toEqual([true, false, false]);
});

test('fronts are those of the definition: nobody on a front dominates another, everybody behind is dominated by the front before', () => {
  const random = seeded(2, 'fronts');
  const placed = Array.from({ length: 120 }, () => ({
    objectives: [random.integer(12), random.integer(12), random.integer(12)],
    misses: random.next() < 0.3 ? 1 + random.integer(3) : 0,
  }));
  const fronts = frontsOf(placed);
  for (const [a, one] of placed.entries()) {
    for (const [b, other] of placed.entries())
      if (fronts[a] === fronts[b]) expect(dominatesConstrained(one, other)).toBe(false);
    if (fronts[a]! > 0)
      expect(placed.some((other, b) => fronts[b] === fronts[a]! - 1 && dominatesConstrained(other, one))).toBe(true);
  }
  expect(Math.max(...fronts)).toBeGreaterThan(4);
});

test('crowding of three equidistant points: the ends are kept, the middle spans both ranges', () => {
  expect(crowdingOf([at(0, 1), at(0.5, 0.5), at(1, 0)])).toEqual([Infinity, 2, Infinity]);
  expect(crowdingOf([at(3, 3)])).toEqual([Infinity]);
  expect(crowdingOf([])).toEqual([]);
});

test('failed is behind hopeless, hopeless behind all others', () => {
  const outcomes = [
    { kind: 'failed', reason: 'no' } as const,
    looked([1, 1], { misses: 1, hopeless: true }),
    looked([1, 1], { misses: 7 }),
    looked([Number.NaN, 1]),
    looked([5, 5]),
  ];
  expect(frontsOf(outcomes.map(placeOf))).toEqual([3, 2, 1, 3, 0]);
});
