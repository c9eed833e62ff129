import { SteelyardError, parseOptions, type SearchSettings, type Technique } from '../../contracts/index.ts';
import { techniques } from '../../optimize/index.ts';
import { techniqueOf } from '../build/techniques.ts';
import { closest } from '../../contracts/closest.ts';
import { fits } from './patterns.ts';

/** Everything in a scenario's search that names techniques and options has to exist.
 *  Errors: `scenario/search` for a pattern that matches nothing and for options of techniques that are no part of a search;
 *  `usage/technique`, `usage/option`. */
export const checkSearch = ({ techniques: patterns, values }: SearchSettings): void => {
  const ids = (techniques as readonly Technique[]).filter(({ place }) => place !== undefined).map(({ id }) => id);
  for (const pattern of patterns ?? []) {
    if (ids.some((id) => fits(id, [pattern]))) continue;
    const near = closest(pattern, ids);
    throw new SteelyardError(
      'scenario/search',
      `search.techniques: no technique fits "${pattern}"${near === null ? '' : `; did you mean "${near}"?`}`,
      `techniques: ${ids.join(', ')}`,
    );
  }
  for (const [id, options] of Object.entries(values)) {
    const technique = techniqueOf(id);
    if (technique.place === undefined)
      throw new SteelyardError(
        'scenario/search',
        `search.options: ${id} is no part of a search`,
        `name it in candidates to try it`,
      );
    for (const [option, list] of Object.entries(options))
      for (const value of list) parseOptions(technique.id, technique.options, { [option]: value });
  }
};

/** The values as the technique reads them: 32 and "32" are the same block size. */
export const readValues = ({ values }: SearchSettings): SearchSettings['values'] =>
  Object.fromEntries(
    Object.entries(values).map(([id, options]) => {
      const technique = techniqueOf(id);
      return [
        id,
        Object.fromEntries(
          Object.entries(options).map(([option, list]) => [
            option,
            list.map((value) => parseOptions(technique.id, technique.options, { [option]: value })[option]),
          ]),
        ),
      ];
    }),
  );
