import { defineSearcher, type Point, type Random, type SearchProblem, type Tried } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { askInFull } from './full-looks.ts';
import { freshPoint } from './points.ts';
import { crowdingOf, frontsOf, placeOf, type Placed } from './ranking.ts';
import { keyOf } from './shape.ts';
import { crossover, mutate } from './vary.ts';

interface Member extends Placed {
  readonly point: Point;
  readonly front: number;
  readonly crowding: number;
}
type Newcomer = Placed & { readonly point: Point };

/** Members with their front and crowding, the best first. */
const ranked = (members: readonly Newcomer[]): Member[] => {
  const fronts = frontsOf(members);
  const levels = new Map<number, number[]>();
  for (const [index, front] of fronts.entries()) levels.set(front, [...(levels.get(front) ?? []), index]);
  const crowding = members.map(() => 0);
  for (const level of levels.values()) {
    const distances = crowdingOf(level.map((index) => members[index]!));
    for (const [at, index] of level.entries()) crowding[index] = distances[at]!;
  }
  return members
    .map(({ point, objectives, misses }, index) => ({
      point,
      objectives,
      misses,
      front: fronts[index]!,
      crowding: crowding[index]!,
    }))
    .toSorted((a, b) => a.front - b.front || b.crowding - a.crowding);
};

/** The parents that a history leads to: of each generation and its children, as many as a generation has survive. */
const parentsOf = (history: readonly Tried[], last: number, size: number): Member[] => {
  const looks = history.flatMap(({ point, rung, outcome }): Newcomer[] =>
    rung === last ? [{ point, ...placeOf(outcome) }] : [],
  );
  let parents: Member[] = [];
  for (let from = 0; from + size <= looks.length; from += size)
    parents = ranked([...parents, ...looks.slice(from, from + size)]).slice(0, size);
  return parents;
};

/** The better of two at random. */
const tournament = (parents: readonly Member[], random: Random): Member => {
  const [a, b] = [parents[random.integer(parents.length)]!, parents[random.integer(parents.length)]!];
  return a.front !== b.front ? (a.front < b.front ? a : b) : a.crowding >= b.crowding ? a : b;
};

/** How often a child that was there before is replaced by another before a random point takes its place. */
const attempts = 40;

const child = (
  { space }: SearchProblem,
  parents: readonly Member[],
  crossovers: number,
  random: Random,
  taken: ReadonlySet<string>,
): Point | null => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const one = tournament(parents, random).point;
    const mixed = random.next() < crossovers ? crossover(space, one, tournament(parents, random).point, random) : one;
    const point = mutate(space, mixed, random);
    if (!taken.has(keyOf(point)) && space.excluded(point) === null) return point;
  }
  return freshPoint(space, random, taken);
};

/** The elitist genetic algorithm with constrained domination. Asked for one point at a time, it makes the children of the newest complete generation. */
export const nsga2 = defineSearcher({
  id: 'nsga2',
  version: 1,
  title: 'NSGA-II',
  source: 'Deb, Pratap, Agarwal & Meyarivan 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II',
  summary: 'Crosses and mutates the best so far, spread along the front. Looks in full; good with hundreds of looks.',
  options: {
    population: { kind: 'integer', default: 16, min: 4, max: 1000, description: 'Points that each generation keeps.' },
    crossover: {
      kind: 'number',
      default: 0.9,
      min: 0,
      max: 1,
      description: 'Share of children that have two parents; the others are changed copies of one.',
    },
  },
  ask(problem, { population, crossover: crossovers }, history, pending) {
    const parents = parentsOf(history, problem.rungs.length - 1, population);
    return askInFull(problem, history, pending, (taken, nth) => {
      const random = seeded(problem.seed, `nsga2 ${nth}`);
      return parents.length === 0
        ? freshPoint(problem.space, random, taken)
        : child(problem, parents, crossovers, random, taken);
    });
  },
});
