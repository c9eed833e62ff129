import type { Point, SearchProblem, TrialOutcome, Tried } from '../../contracts/index.ts';
import { frontsOf, placeOf } from './ranking.ts';
import { keyOf } from './shape.ts';

type Looked = Extract<TrialOutcome, { kind: 'looked' }>;

interface Seen {
  readonly point: Point;
  readonly rung: number;
  readonly outcome: Looked;
}

/** Each point's latest look at the highest rung that any point was looked at. */
const highest = (history: readonly Tried[]): Seen[] => {
  const looked = history.flatMap(({ point, rung, outcome }): Seen[] =>
    outcome.kind === 'looked' && outcome.objectives.every(Number.isFinite) ? [{ point, rung, outcome }] : [],
  );
  const top = looked.reduce((rung, one) => Math.max(rung, one.rung), 0);
  return [...new Map(looked.filter(({ rung }) => rung === top).map((one) => [keyOf(one.point), one])).values()];
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

/** The points worth the full weighing, at most `count`, the most promising first: of those looked at in the highest rung, the ones that nothing
 *  feasible dominates, then the other feasible ones front by front, then those that miss conditions, the least miss first. Hopeless ones come
 *  only where there is nothing else. Errors: none; fewer points when fewer were looked at. */
export const finalists = (_problem: SearchProblem, history: readonly Tried[], count: number): readonly Point[] => {
  const seen = highest(history);
  const hopeful = seen.filter(({ outcome }) => !outcome.hopeless);
  const pool = hopeful.length > 0 ? hopeful : seen;
  const fronts = frontsOf(pool.map(({ outcome }) => placeOf(outcome)));
  const levels = [...new Set(fronts)].toSorted((a, b) => a - b);
  return levels
    .flatMap((level) => inOrder(pool.filter((_, index) => fronts[index] === level)))
    .slice(0, count)
    .map(({ point }) => point);
};
