import type { Chain } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { jobOf } from '../crew/job.ts';
import { familyOf, rescue } from '../choose/rescue.ts';
import { buildJobs } from './ahead.ts';
import { explore, type Explored } from './explore.ts';
import { searchingOf } from './searching.ts';
import { shortlist, unmet } from './shortlist.ts';
import { makeSpace, type TechniqueSpace } from './space.ts';
import { timePlan } from './time.ts';
import { builtDigest } from '../run/subject.ts';
import { buildAll, type Version, type Workshop } from '../build/versions.ts';

/** What a run weighs in full, and the search that found it. */
export interface Contenders {
  readonly versions: readonly Version[];
  /** null: a list was weighed as it stands. */
  readonly explored: Explored | null;
}

/** Two chains can end in the same bytes: the simpler one stands for both. */
export const distinct = (versions: readonly Version[]): Version[] => {
  const seen = new Set<string>();
  return versions
    .toSorted((a, b) => a.chain.steps.length - b.chain.steps.length)
    .filter(({ built }) => {
      const key = digestOf({ files: builtDigest(built), session: built.sessionOptions });
      return seen.has(key) ? false : (seen.add(key), true);
    });
};

const spaceOf = ({ run: { found, machine, scenario, context } }: Workshop): Promise<TechniqueSpace> =>
  makeSpace({ model: found.model, machine, scenario, context });

/** Build the versions that a run weighs in full. A list that the scenario names is taken as it stands; otherwise the best combinations are searched
 *  for, or, where the scenario wants no search, everything that is known to pay is taken. Families of which nothing meets the conditions are mended.
 *  Errors: `engine/cancelled`; faults of the run as a whole. */
export const contendersOf = async (workshop: Workshop): Promise<Contenders> => {
  const { scenario } = workshop.run;
  const { run } = workshop;
  const mended = async (chains: readonly Chain[], versions: readonly Version[]): Promise<readonly Version[]> => {
    const families = versions.map(({ chain }) => chain);
    await run.crew.ahead([jobOf(run, { kind: 'rescue', chains, built: families }, false)]);
    return distinct([...versions, ...(await rescue(workshop, chains, versions))]);
  };
  const built = async (chains: readonly Chain[]): Promise<readonly Version[]> => {
    await run.crew.ahead(buildJobs(workshop, chains));
    return buildAll(workshop, chains);
  };
  if (scenario.candidates !== null) return { versions: distinct(await built(scenario.candidates)), explored: null };
  const searching = searchingOf(scenario);
  const space = await spaceOf(workshop);
  if (searching === null) {
    const chains = space.seeds.map(space.chainOf);
    return { versions: await mended(chains, distinct(await built(chains))), explored: null };
  }
  const { search: seconds, training: trainingSeconds } = timePlan(scenario);
  const explored = await explore(workshop, space, { ...searching, seconds, trainingSeconds });
  const chains = shortlist(explored, space, scenario.search.finalists);
  const listed = distinct(await built(chains));
  return { versions: await mended(unmet(explored.trials, familyOf), listed), explored };
};
