import type { Point, SearchProblem, TrialOutcome, Tried } from '../../contracts/index.ts';
import { frontsOf, placeOf } from './ranking.ts';
import { keyOf } from './shape.ts';

type Looked = Extract<TrialOutcome, { kind: 'looked' }>;

interface Seen {
  readonly point: Point;
  readonly rung: number;
  readonly outcome: Looked;
}

/** Each point's latest look at the highest rung at which it was looked at. */
const highest = (history: readonly Tried[]): Seen[] => {
  const best = new Map<string, Seen>();
  for (const { point, rung, outcome } of history) {
    if (outcome.kind !== 'looked' || !outcome.objectives.every(Number.isFinite)) continue;
    if (rung >= (best.get(keyOf(point))?.rung ?? 0)) best.set(keyOf(point), { point, rung, outcome });
  }
  return [...best.values()];
};

const changed = (point: Point): number => point.filter((value) => value !== 0).length;

/** Whether b is as good as a in the first objective, within one standard error of their difference. */
const ties = (a: Looked, b: Looked): boolean =>
  b.objectives[0]! - a.objectives[0]! <= Math.hypot(a.errors[0] ?? 0, b.errors[0] ?? 0);

/** By the first objective, the best first; of those that cannot be told from the best the simplest (fewest dimensions that are not 0).
 *  Source of the rule: Breiman et al. 1984, Classification and Regression Trees, §3.4.3 (one standard error). */
const inOrder = (seen: readonly Seen[]): Seen[] => {
  const left = seen.toSorted((a, b) => a.outcome.objectives[0]! - b.outcome.objectives[0]!);
  const order: Seen[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ outcome }) => ties(left[0]!.outcome, outcome));
    const fewest = Math.min(...equals.map(({ point }) => changed(point)));
    const next = equals.find(({ point }) => changed(point) === fewest)!;
    left.splice(left.indexOf(next), 1);
    order.push(next);
  }
  return order;
};

/** Front by front, each in order. */
const byFronts = (pool: readonly Seen[]): Seen[] => {
  const fronts = frontsOf(pool.map(({ outcome }) => placeOf(outcome)));
  const levels = [...new Set(fronts)].toSorted((a, b) => a - b);
  return levels.flatMap((level) => inOrder(pool.filter((_, index) => fronts[index] === level)));
};

const mostUnproven = 2;

/** What the time did not suffice to look at again: points of lower rungs that meet the conditions there and that nothing seen anywhere dominates,
 *  from the highest rung down. */
const promising = (seen: readonly Seen[], top: number): Seen[] => {
  const fronts = frontsOf(seen.map(({ outcome }) => placeOf(outcome)));
  const left = seen.filter(
    ({ rung, outcome }, index) => rung < top && fronts[index] === 0 && outcome.misses === 0 && !outcome.hopeless,
  );
  const rungs = [...new Set(left.map(({ rung }) => rung))].toSorted((a, b) => b - a);
  return rungs.flatMap((rung) => inOrder(left.filter((one) => one.rung === rung)));
};

/** The points worth the full weighing, at most `count`, the most promising first: of those looked at in the highest rung, the ones that nothing
 *  feasible dominates, then the other feasible ones front by front, then those that miss conditions, the least miss first. Where these are fewer than
 *  `count`, some of the rungs below that nothing dominates: time that did not suffice to look at them again does not suffice to weigh many. Hopeless ones come only where there is nothing else.
 *  Errors: none; fewer points when fewer were looked at. */
export const finalists = (_problem: SearchProblem, history: readonly Tried[], count: number): readonly Point[] => {
  const seen = highest(history);
  const top = seen.reduce((rung, one) => Math.max(rung, one.rung), 0);
  const full = seen.filter(({ rung }) => rung === top);
  const hopeful = full.filter(({ outcome }) => !outcome.hopeless);
  return [...byFronts(hopeful.length > 0 ? hopeful : full), ...promising(seen, top).slice(0, mostUnproven)]
    .slice(0, count)
    .map(({ point }) => point);
};
