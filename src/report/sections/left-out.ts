import { countText, fewestItems } from '../../contracts/index.ts';
import { listed } from '../text.ts';
import type { Version } from '../view.ts';
import { sliceText } from './slice-text.ts';

/** What is missing from a table of slices because there is too little of it: "Too few to report (30 are needed): other pronouns (1 text)."
 *  `of`: how the slices of that table begin; null: nothing is missing. */
export const leftOut = (
  { measured, withoutValue }: Version,
  metrics: readonly string[],
  of: readonly string[],
): string | null => {
  const found = new Map(
    [...(measured.get('evaluation') ?? []), ...withoutValue]
      .filter(({ metric }) => metrics.includes(metric))
      .flatMap(({ refused }) => refused ?? [])
      .filter(({ slice }) => of.some((prefix) => slice.startsWith(prefix)))
      .map((one) => [one.slice, `${sliceText(one.slice)} (${countText(one)})`] as const),
  );
  return found.size === 0 ? null : `Too few to report (${fewestItems} are needed): ${listed([...found.values()])}.`;
};
