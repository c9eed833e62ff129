import type { TrialOutcome } from '../../contracts/index.ts';

/** Where a point stands. Smaller is better everywhere. */
export interface Placed {
  readonly objectives: readonly number[];
  /** 0: all conditions seem to hold; Infinity: it does not run. */
  readonly misses: number;
}

/** Where an outcome puts its point: what failed is behind everything, what is hopeless behind all that is not. */
export const placeOf = (outcome: TrialOutcome): Placed =>
  outcome.kind === 'failed' || !outcome.objectives.every(Number.isFinite)
    ? { objectives: [], misses: Number.POSITIVE_INFINITY }
    : { objectives: outcome.objectives, misses: outcome.misses + (outcome.hopeless ? hopelessBy : 0) };

const hopelessBy = 1e6;

/** At least as good everywhere and better somewhere. */
export const outdoes = (a: readonly number[], b: readonly number[]): boolean => {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    if (a[i]! < b[i]!) better = true;
  }
  return better;
};

/** The front that each one is on: 0 is dominated by nobody, 1 only by front 0, and so on. Who misses less of the conditions dominates; among those
 *  that meet all of them the objectives speak. Source: Deb et al. 2002, §III-A and §VI. Those that miss conditions come one by one behind, so only the others are compared in pairs. */
export const frontsOf = (placed: readonly Placed[]): number[] => {
  const fronts = placed.map(() => 0);
  const feasible = placed.flatMap(({ misses }, index) => (misses === 0 ? [index] : []));
  // In lexicographic order nobody is dominated by a later one, so each goes to the first front where no member dominates it.
  feasible.sort((a, b) => {
    const [one, other] = [placed[a]!.objectives, placed[b]!.objectives];
    for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return one[i]! - other[i]!;
    return a - b;
  });
  const members: number[][] = [];
  for (const index of feasible) {
    const mine = placed[index]!.objectives;
    let front = members.findIndex((those) => !those.some((other) => outdoes(placed[other]!.objectives, mine)));
    if (front < 0) front = members.length;
    (members[front] ??= []).push(index);
    fronts[index] = front;
  }
  const missing = placed.flatMap(({ misses }, index) => (misses === 0 ? [] : [index]));
  const levels = [...new Set(missing.map((index) => placed[index]!.misses))].toSorted((a, b) => a - b);
  const level = new Map(levels.map((misses, at) => [misses, members.length + at]));
  for (const index of missing) fronts[index] = level.get(placed[index]!.misses)!;
  return fronts;
};

/** How far apart the neighbors of each one are, summed over the objectives, each relative to its range; Infinity at the ends.
 *  Source: Deb et al. 2002, §III-B. */
export const crowdingOf = (front: readonly Placed[]): number[] => {
  const distances = front.map(() => 0);
  const size = front[0]?.objectives.length ?? 0;
  for (let objective = 0; objective < size; objective++) {
    const order = front
      .map((_, index) => index)
      .toSorted((a, b) => front[a]!.objectives[objective]! - front[b]!.objectives[objective]! || a - b);
    const at = (place: number): number => front[order[place]!]!.objectives[objective]!;
    const range = at(order.length - 1) - at(0);
    distances[order[0]!] = distances[order.at(-1)!] = Number.POSITIVE_INFINITY;
    if (range > 0)
      for (let place = 1; place < order.length - 1; place++)
        distances[order[place]!]! += (at(place + 1) - at(place - 1)) / range;
  }
  return distances;
};
