import type { Point, SearchProblem, Tried } from '../../../contracts/index.ts';
import { finalists } from '../finalists.ts';
import { hypervolume, nondominated } from '../hypervolume.ts';
import { pointsOf } from '../points.ts';
import { keyOf } from '../shape.ts';
import { exhaustiveSeconds, type Landscape } from './landscape.ts';

/** What going through everything would find. */
export interface Best {
  readonly volume: number;
  readonly reference: readonly number[];
  /** The first objective of the best that meets the conditions. */
  readonly winner: number;
  readonly seconds: number;
  readonly points: number;
}

const feasible = (landscape: Landscape, points: Iterable<Point>): (readonly number[])[] =>
  [...points].flatMap((point) => {
    const truth = landscape.truth(point);
    return truth.kind === 'runs' && truth.misses === 0 ? [truth.objectives] : [];
  });

/** The truth about a landscape; volumes are up to a tenth of the front's range beyond its worst. */
export const bestOf = (landscape: Landscape): Best => {
  const all = feasible(landscape, pointsOf(landscape.space));
  const front = nondominated(all);
  const reference = front[0]!.map((_, i) => {
    const values = front.map((one) => one[i]!);
    return Math.max(...values) + 0.1 * (Math.max(...values) - Math.min(...values));
  });
  return {
    volume: hypervolume(front, reference),
    reference,
    winner: Math.min(...all.map(([first]) => first!)),
    seconds: exhaustiveSeconds(landscape),
    points: [...pointsOf(landscape.space)].length,
  };
};

/** How a search did: the share of the volume that its full looks hold in truth, and how much worse than the best its best finalist is in the
 *  first objective (0.02: two percent, as the objective is a logarithm; Infinity when no finalist meets the conditions). */
export const scoreOf = (
  landscape: Landscape,
  best: Best,
  problem: SearchProblem,
  history: readonly Tried[],
): { readonly share: number; readonly regret: number } => {
  const last = problem.rungs.length - 1;
  const full = new Map(history.filter(({ rung }) => rung === last).map(({ point }) => [keyOf(point), point]));
  const winners = feasible(landscape, finalists(problem, history, 5)).map(([first]) => first!);
  return {
    share: hypervolume(feasible(landscape, full.values()), best.reference) / best.volume,
    regret: Math.min(...winners, Number.POSITIVE_INFINITY) - best.winner,
  };
};
