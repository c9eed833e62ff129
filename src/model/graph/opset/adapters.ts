import { early } from './early.ts';
import { toInputs } from './inputs.ts';
import { meanings } from './meanings.ts';
import { resizing } from './resize.ts';
import type { Adapter } from './types.ts';

const families = [early, toInputs, resizing, meanings] as const;

/** How an operator's node of one version below becomes one of this version; null when the version only widens it: more types,
 *  or attributes and inputs whose absence means what was fixed before. */
export const adapterFor = (op: string, version: number): Adapter | null => {
  for (const family of families) {
    const adapters = family[version];
    if (adapters && Object.hasOwn(adapters, op)) return adapters[op] ?? null;
  }
  return null;
};
