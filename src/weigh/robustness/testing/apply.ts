import { parseOptions } from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { plainSetting, type Perturbation, type Setting } from '../perturb/index.ts';

/** A perturbation with its usual options, or some of them stated. */
export const applied = (
  one: Perturbation,
  text: string,
  options: Readonly<Record<string, unknown>> = {},
  seed = 1,
  setting: Partial<Setting> = {},
): string =>
  one.apply(text, parseOptions(one.id, one.options, options), seeded(seed, one.id), { ...plainSetting, ...setting });
