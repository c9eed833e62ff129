import type { Chain, TrialRecord } from '../../contracts/index.ts';
import { finalists, keyOf } from '../../decide/search/index.ts';
import type { ChainSpace } from './chain-space.ts';
import type { Explored } from './explore.ts';
import { bestFirst } from './best.ts';

/** Families whose steps only tidy up: they make no technique of their own. */
const tidying = /^(fuse|convert)\//;

/** Steps of a chain that are techniques of their own. */
export const techniquesIn = ({ steps }: Chain): number =>
  steps.filter(({ technique }) => !tidying.test(technique)).length;

/** Single techniques that are weighed beside combinations, so that a combination has to show what it is worth. */
const singles = 2;

const isSingle = ({ chain, outcome }: TrialRecord): boolean =>
  outcome.kind === 'looked' && !outcome.hopeless && techniquesIn(chain) <= 1;

/** What a search sends into the full weighing: the most promising points, at most `count`, the best single techniques among or beside them, and
 *  where nothing could be looked at in time, what is known to pay. Never empty unless the space is. */
export const shortlist = ({ problem, trials }: Explored, space: ChainSpace, count: number): readonly Chain[] => {
  const chosen = new Map(finalists(problem, trials, count).map((point) => [keyOf(point), space.chainOf(point)]));
  if (chosen.size === 0)
    for (const seed of space.seeds.filter((one) => space.space.excluded(one) === null).slice(0, count))
      chosen.set(keyOf(seed), space.chainOf(seed));
  const already = [...chosen.values()].filter((chain) => techniquesIn(chain) <= 1).length;
  const others = bestFirst(trials.filter(isSingle)).filter(({ point }) => !chosen.has(keyOf(point)));
  for (const { point, chain } of others.slice(0, Math.max(0, singles - already))) chosen.set(keyOf(point), chain);
  return [...chosen.values()];
};

/** Chains of families of which nothing that was looked at seems to meet the conditions, the simplest of each family first: what taking layers back
 *  may mend. `familyOf` names a chain's family; null: it has none. */
export const unmet = (trials: readonly TrialRecord[], familyOf: (chain: Chain) => string | null): readonly Chain[] => {
  const families = new Map<string, { chains: Chain[]; met: boolean }>();
  for (const { chain, outcome } of trials) {
    const id = familyOf(chain);
    if (id === null) continue;
    const family = families.get(id) ?? { chains: [], met: false };
    families.set(id, family);
    family.chains.push(chain);
    family.met ||= outcome.kind === 'looked' && outcome.misses === 0 && !outcome.hopeless;
  }
  return [...families.values()]
    .filter(({ met }) => !met)
    .flatMap(({ chains }) => chains.toSorted((a, b) => a.steps.length - b.steps.length));
};
