import { outcomeOf, type Outcomes } from '../measure/measure.ts';
import type { Run } from '../run/run.ts';
import type { Version } from '../run/workshop.ts';
import type { Explored } from './explore.ts';
import { objectivesOf, wantedOf } from './objectives.ts';
import { endSearch, rungsWorth } from './record.ts';

/** Write down how a search ended and what its cheap looks were worth, against the full weighing of what it found. */
export const closeSearch = async (
  { scenario, evaluators, store }: Run,
  { problem, search, trials, ended }: Explored,
  versions: readonly Version[],
  measured: Outcomes,
): Promise<void> => {
  const wanted = wantedOf(scenario.prefer, evaluators);
  const of = (id: string) => {
    const outcome = outcomeOf(measured, id);
    return outcome.kind === 'measured' ? outcome.measurements : [];
  };
  const truth = new Map(
    versions.flatMap(({ chain }): [string, number][] => {
      const [position = 0] = objectivesOf(wanted, of(chain.id), of('baseline')).objectives;
      return of(chain.id).length === 0 ? [] : [[chain.id, position]];
    }),
  );
  const finalists = versions.map(({ chain }) => chain);
  await endSearch(store, search, trials, ended, finalists, rungsWorth(problem, trials, truth));
};
