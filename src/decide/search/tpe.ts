import { defineSearcher, type Point, type Random, type Tried } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { askInFull } from './full-looks.ts';
import { gainOf } from './hypervolume.ts';
import { freshPoint } from './points.ts';
import { frontsOf, placeOf, type Placed } from './ranking.ts';
import { counts, keyOf, shapeOf, type Shape } from './shape.ts';

interface Weighted {
  readonly point: Point;
  readonly weight: number;
}

/** How much of the good ones' volume each one alone holds, up to a little beyond their worst. Source: Ozaki et al. 2020, §4.2. */
const contributions = (good: readonly Placed[]): number[] => {
  const feasible = good.filter(({ misses }) => misses === 0).map(({ objectives }) => objectives);
  if (feasible.length < 2) return good.map(() => 1);
  const reference = feasible[0]!.map((_, i) => {
    const values = feasible.map((objectives) => objectives[i]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return high + 0.1 * (high - low) + 1e-12;
  });
  const own = feasible.map((one, at) => gainOf(one, feasible.toSpliced(at, 1), reference));
  const most = Math.max(...own);
  const share = new Map(feasible.map((one, at) => [one, most > 0 ? own[at]! / most : 1]));
  return good.map(({ objectives }) => Math.max(0.05, share.get(objectives) ?? 0.05));
};

/** The looks in two: the best share, weighted, and the others. */
const split = (
  looks: readonly (Placed & { readonly point: Point })[],
  share: number,
): { readonly good: Weighted[]; readonly bad: Weighted[] } => {
  const fronts = frontsOf(looks);
  const order = looks
    .map((_, index) => index)
    .toSorted(
      (a, b) => fronts[a]! - fronts[b]! || (looks[a]!.objectives[0] ?? 0) - (looks[b]!.objectives[0] ?? 0) || a - b,
    );
  const size = Math.min(mostGood, Math.max(1, Math.ceil(share * looks.length)));
  const good = order.slice(0, size).map((index) => looks[index]!);
  const weights = contributions(good);
  return {
    good: good.map(({ point }, at) => ({ point, weight: weights[at]! })),
    bad: order.slice(size).map((index) => ({ point: looks[index]!.point, weight: 1 })),
  };
};

/** More would only blur where the good ones are. Source: Bergstra et al. 2013 (hyperopt). */
const mostGood = 25;

/** Dimension → value → probability: what these points show at each dimension where it counts, smoothed by one uniform observation; an
 *  observation of an ordered dimension also speaks for its neighbors. */
const densities = (shape: Shape, seen: readonly Weighted[]): number[][] =>
  shape.sizes.map((size, dimension) => {
    const mass = Array.from({ length: size }, () => 1 / size);
    const there = seen.filter(({ point }) => counts(shape, point, dimension));
    // The more observations, the narrower each one's reach.
    const reach = Math.max(0.35, (size - 1) / (2 * Math.max(1, there.length) ** 0.5 + 2));
    for (const { point, weight } of there) {
      const value = point[dimension]!;
      if (!shape.ordered[dimension]!) {
        mass[value]! += weight;
        continue;
      }
      const kernel = mass.map((_, other) => Math.exp(-0.5 * ((other - value) / reach) ** 2));
      const sum = kernel.reduce((all, one) => all + one, 0);
      for (const [other, one] of kernel.entries()) mass[other]! += (weight * one) / sum;
    }
    const total = mass.reduce((all, one) => all + one, 0);
    return mass.map((one) => one / total);
  });

/** A point drawn dimension by dimension. */
const drawFrom = (shape: Shape, density: readonly (readonly number[])[], random: Random): Point => {
  const point: number[] = [];
  for (const [dimension, mass] of density.entries()) {
    if (!counts(shape, point, dimension)) {
      point.push(0);
      continue;
    }
    let left = random.next();
    let value = 0;
    while (value < mass.length - 1 && left >= mass[value]!) left -= mass[value++]!;
    point.push(value);
  }
  return point;
};

/** log(l/g) over the dimensions that count. */
const promise = (
  shape: Shape,
  point: Point,
  good: readonly (readonly number[])[],
  bad: readonly (readonly number[])[],
): number =>
  point.reduce(
    (sum, value, dimension) =>
      counts(shape, point, dimension) ? sum + Math.log(good[dimension]![value]! / bad[dimension]![value]!) : sum,
    0,
  );

const looksOf = (history: readonly Tried[], last: number): (Placed & { point: Point })[] =>
  history.flatMap(({ point, rung, outcome }) => (rung === last ? [{ point, ...placeOf(outcome) }] : []));

/** Density of the good points against that of the others, by domination where there are several objectives. */
export const tpe = defineSearcher({
  id: 'tpe',
  version: 1,
  title: 'Tree-structured Parzen estimator',
  source:
    'Bergstra, Bardenet, Bengio & Kégl 2011, Algorithms for Hyper-Parameter Optimization; Ozaki et al. 2020, Multiobjective Tree-Structured Parzen Estimator',
  summary:
    'Looks in full where good points are dense and the others are not. Cheap, and knows dimensions that count only sometimes.',
  options: {
    startup: {
      kind: 'integer',
      default: 10,
      min: 1,
      max: 1000,
      description: 'Points before it learns: the seeds, then random ones.',
    },
    good: {
      kind: 'number',
      default: 0.15,
      min: 0.01,
      max: 0.5,
      description: 'Share of the points that counts as good, at most 25 points.',
    },
    candidates: {
      kind: 'integer',
      default: 24,
      min: 1,
      max: 1000,
      description: 'Points drawn from the good density; the most promising is looked at.',
    },
  },
  ask(problem, { startup, good: share, candidates }, history, pending) {
    const { space, seed } = problem;
    const looks = looksOf(history, problem.rungs.length - 1);
    const shape = shapeOf(space);
    let learned: { good: number[][]; bad: number[][] } | null = null;
    return askInFull(problem, history, pending, (taken, nth) => {
      const random = seeded(seed, `tpe ${nth}`);
      if (looks.length < startup) return freshPoint(space, random, taken);
      if (learned === null) {
        const { good, bad } = split(looks, share);
        // What is pending is no place to look at again meanwhile.
        const waiting = pending.map(({ point }) => ({ point, weight: 1 }));
        learned = { good: densities(shape, good), bad: densities(shape, [...bad, ...waiting]) };
      }
      let best: { point: Point; value: number } | null = null;
      for (let draw = 0, found = 0; draw < 4 * candidates && found < candidates; draw++) {
        const point = drawFrom(shape, learned.good, random);
        if (taken.has(keyOf(point)) || space.excluded(point) !== null) continue;
        found++;
        const value = promise(shape, point, learned.good, learned.bad);
        if (best === null || value > best.value) best = { point, value };
      }
      return best?.point ?? freshPoint(space, random, taken);
    });
  },
});
