// How near searchers come to what going through everything finds, as a function of the time they had.
import { parseOptions, type SearchProblem, type Searcher, type Tried } from '../../src/contracts/index.ts';
import { finalists, hypervolume, keyOf, nondominated } from '../../src/decide/search/index.ts';
import { exhaustiveSeconds, feasibleObjectives, replay, tableSpace, type LookTable } from './look-table.ts';

/** Looks that go on together, as in a run. */
const together = 4;
/** Versions that a run weighs in full. */
const weighed = 6;

export interface Outcome {
  readonly searcher: string;
  /** Of what going through everything takes. */
  readonly share: number;
  readonly seed: number;
  /** Of the volume that everything dominates, what the search's full looks dominate. */
  readonly volume: number;
  /** How much worse the best finalist's first objective is than the best of all: 0.02 is 2 %. Infinity when no finalist meets the conditions. */
  readonly regret: number;
  readonly looks: number;
  readonly seconds: number;
}

/** What going through everything finds. Errors: nothing in the table meets the conditions. */
export const truthOf = (
  table: LookTable,
): {
  readonly volume: number;
  readonly best: number;
  readonly reference: readonly number[];
  readonly feasible: number;
} => {
  const all = table.rows.flatMap((row) => {
    const objectives = feasibleObjectives(row, table.rungs);
    return objectives === null ? [] : [objectives];
  });
  if (all.length === 0) throw new Error('nothing in the table meets the conditions: there is nothing to find');
  const front = nondominated(all);
  const reference = front[0]!.map((_, i) => {
    const values = front.map((one) => one[i]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return high + Math.max(0.1 * (high - low), 1e-6);
  });
  return {
    volume: hypervolume(front, reference),
    best: Math.min(...all.map(([first]) => first!)),
    reference,
    feasible: all.length,
  };
};

/** A search on the table, until it asks for nothing more or its time is used up. */
const search = (table: LookTable, searcher: Searcher, problem: SearchProblem): Tried[] => {
  const options = parseOptions(searcher.id, searcher.options, {});
  const look = replay(table);
  const history: Tried[] = [];
  let spent = 0;
  while (spent < problem.seconds) {
    const asks = searcher.ask(problem, options, history, []);
    if (asks.length === 0) break;
    for (const one of look(asks)) {
      history.push(one);
      spent += one.seconds;
    }
  }
  return history;
};

/** Every searcher with every share of the exhaustive time and every seed. */
export const compare = (
  table: LookTable,
  searchers: readonly Searcher[],
  shares: readonly number[],
  seeds: readonly number[],
): Outcome[] => {
  const truth = truthOf(table);
  const space = tableSpace(table);
  const total = exhaustiveSeconds(table);
  const last = table.rungs.length - 1;
  const objectivesOf = new Map(table.rows.map((row) => [keyOf(row.point), feasibleObjectives(row, table.rungs)]));
  return searchers.flatMap((searcher) =>
    shares.flatMap((share) =>
      seeds.map((seed): Outcome => {
        const { seeds: known, objectives, rungs } = table;
        const problem: SearchProblem = {
          space,
          seeds: known,
          objectives,
          rungs,
          seconds: share * total,
          width: together,
          seed,
        };
        const history = search(table, searcher, problem);
        const seen = history
          .filter(({ rung }) => rung === last)
          .flatMap(({ point }) => {
            const objectives = objectivesOf.get(keyOf(point)) ?? null;
            return objectives === null ? [] : [objectives];
          });
        const winners = finalists(problem, history, weighed).flatMap(
          (point) => objectivesOf.get(keyOf(point))?.[0] ?? [],
        );
        return {
          searcher: searcher.id,
          share,
          seed,
          volume: hypervolume(seen, truth.reference) / truth.volume,
          regret: Math.min(...winners, Number.POSITIVE_INFINITY) - truth.best,
          looks: history.length,
          seconds: history.reduce((sum, one) => sum + one.seconds, 0),
        };
      }),
    ),
  );
};
