import type { Chain, Machine } from '../contracts/index.ts';
import { digestOf } from '../records/index.ts';
import { defaultChains } from './candidates.ts';
import { familyOf, rescue } from './rescue.ts';
import { listSpace, type ChainSpace } from './search/chain-space.ts';
import { explore, type Explored } from './search/explore.ts';
import { searchingOf } from './search/searching.ts';
import { shortlist, unmet } from './search/shortlist.ts';
import { timePlan } from './search/time.ts';
import { builtDigest } from './subject.ts';
import { buildAll, type Version, type Workshop } from './versions.ts';

/** What a run weighs in full, and the search that found it. */
export interface Contenders {
  readonly versions: readonly Version[];
  /** null: a list was weighed as it stands. */
  readonly explored: Explored | null;
}

/** Two chains can end in the same bytes: the simpler one stands for both. */
const distinct = (versions: readonly Version[]): Version[] => {
  const seen = new Set<string>();
  return versions
    .toSorted((a, b) => a.chain.steps.length - b.chain.steps.length)
    .filter(({ built }) => {
      const key = digestOf({ files: builtDigest(built), session: built.sessionOptions });
      return seen.has(key) ? false : (seen.add(key), true);
    });
};

const spaceOf = async ({ run }: Workshop, machine: Machine): Promise<ChainSpace> =>
  listSpace(await defaultChains(run.found.model, machine, run.context, run.scenario.budget.minutes));

/** Build the versions that a run weighs in full. A list that the scenario names is taken as it stands; otherwise the best combinations are searched
 *  for, or, where the scenario wants no search, everything that is known to pay is taken. Families of which nothing meets the conditions are mended.
 *  Errors: `engine/cancelled`; faults of the run as a whole. */
export const contendersOf = async (workshop: Workshop, machine: Machine): Promise<Contenders> => {
  const { scenario, found, context } = workshop.run;
  const mended = async (chains: readonly Chain[], built: readonly Version[]): Promise<readonly Version[]> =>
    distinct([...built, ...(await rescue(workshop, chains, built, machine))]);
  if (scenario.candidates !== null)
    return { versions: distinct(await buildAll(workshop, scenario.candidates)), explored: null };
  const searching = searchingOf(scenario);
  if (searching === null) {
    const chains = await defaultChains(found.model, machine, context, scenario.budget.minutes);
    return { versions: await mended(chains, distinct(await buildAll(workshop, chains))), explored: null };
  }
  const { search: seconds, training: trainingSeconds } = timePlan(scenario);
  const space = await spaceOf(workshop, machine);
  const explored = await explore(workshop, space, { ...searching, seconds, trainingSeconds });
  const chains = shortlist(explored, space, scenario.search.finalists);
  const built = distinct(await buildAll(workshop, chains));
  return { versions: await mended(unmet(explored.trials, familyOf), built), explored };
};
