import { SteelyardError, parseOptions, type Scenario } from '../../contracts/index.ts';
import { searchers } from '../../decide/search/index.ts';
import { closest } from '../../contracts/closest.ts';
import type { Searching } from './record.ts';

/** Who searches for a scenario, with checked options; null: nothing is searched for.
 *  Errors: `scenario/searcher` with the nearest and all known ids; `usage/option`. */
export const searchingOf = ({ search, candidates }: Scenario): Searching | null => {
  if (search.searcher === null || candidates !== null) return null;
  const searcher = searchers.find(({ id }) => id === search.searcher);
  if (searcher !== undefined)
    return { searcher, options: parseOptions(`search ${searcher.id}`, searcher.options, search.searcherOptions) };
  const ids = searchers.map(({ id }) => id);
  const near = closest(search.searcher, ids);
  throw new SteelyardError(
    'scenario/searcher',
    `search: there is no searcher "${search.searcher}"${near === null ? '' : `; did you mean "${near}"?`}`,
    `known: ${ids.join(', ')}, none`,
  );
};
