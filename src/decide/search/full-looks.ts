import type { Ask, Point, SearchProblem, Tried } from '../../contracts/index.ts';
import { budgetOf } from './budget.ts';
import { canonical, keyOf, shapeOf } from './shape.ts';

/** The seeds in their canonical form, those that may not be tried left out, each once. */
export const seedsOf = ({ space, seeds }: SearchProblem): readonly Point[] => {
  const shape = shapeOf(space);
  const all = new Map(seeds.map((seed) => canonical(shape, seed)).map((seed) => [keyOf(seed), seed]));
  return [...all.values()].filter((seed) => space.excluded(seed) === null);
};

/** Keys of the points that were tried at a rung or are pending there. */
export const takenAt = (rung: number, history: readonly Ask[], pending: readonly Ask[]): Set<string> =>
  new Set([...history, ...pending].flatMap((one) => (one.rung === rung ? [keyOf(one.point)] : [])));

/** Asks of a searcher that knows full looks only: the seeds, then what it proposes, while slots are free and looks fit in the time.
 *  `propose` gets the keys that are taken and how many trials were asked for before, and answers null when it knows nothing more. */
export const askInFull = (
  problem: SearchProblem,
  history: readonly Tried[],
  pending: readonly Ask[],
  propose: (taken: ReadonlySet<string>, nth: number) => Point | null,
): readonly Ask[] => {
  const rung = problem.rungs.length - 1;
  if (rung < 0) return [];
  const taken = takenAt(rung, history, pending);
  const seeds = seedsOf(problem);
  const asks: Ask[] = [];
  let budget = budgetOf(problem, history, pending);
  while (pending.length + asks.length < problem.width && budget.fits(rung)) {
    const point =
      seeds.find((seed) => !taken.has(keyOf(seed))) ?? propose(taken, history.length + pending.length + asks.length);
    if (point === null) break;
    taken.add(keyOf(point));
    asks.push({ point, rung });
    budget = budget.with({ point, rung });
  }
  return asks;
};
