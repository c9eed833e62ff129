import { cities, countries, givenNames } from '../perturb/swaps.ts';

/** Lists that every suite has; its own ones of the same name come first. */
export const builtInLists: Readonly<Record<string, readonly string[]>> = {
  name: [...givenNames.female, ...givenNames.male],
  city: cities,
  country: countries,
};
