import type { Measurement, MetricSpec } from './measurement.ts';

/** A share of fewer items than this says next to nothing: it is refused by name instead of shown, and no condition is held against it. */
export const fewestItems = 30;

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** Why a slice is not reported: "kind=pronouns has 1 text, 30 are needed to report it". */
export const tooFew = (slice: string, count: number, one = 'example', many = `${one}s`): string =>
  `${slice} has ${counted(count, one, many)}, ${fewestItems} are needed to report it`;

/** Every slice that a caveat refuses, with what there is of it: "kind=pronouns", "1 text". */
export const refusalsIn = (caveat: string | undefined): readonly { readonly slice: string; readonly count: string }[] =>
  (caveat ?? '').split('; ').flatMap((sentence) => {
    const end = sentence.lastIndexOf(`, ${fewestItems} are needed to report it`);
    const at = sentence.lastIndexOf(' has ', end);
    return end < 0 || at < 0 ? [] : [{ slice: sentence.slice(0, at), count: sentence.slice(at + 5, end) }];
  });

/** The sentence of a caveat that refuses this slice by name; null: none does. */
export const refusalOf = (slice: string, caveat: string | undefined): string | null =>
  caveat?.split('; ').find((sentence) => sentence.startsWith(`${slice} has `)) ?? null;

/** "it needs 30 changed texts and there are 3". */
export const needed = (count: number, many: string): string =>
  `it needs ${fewestItems} ${many} and there ${count === 1 ? 'is' : 'are'} ${count === 0 ? 'none' : count.toLocaleString('en-US')}`;

/** A number of too few items to be told: it has no value, and its caveat says what it takes, one note after the other. */
export const untold = (
  { id, unit }: Pick<MetricSpec, 'id' | 'unit'>,
  count: number,
  confidence: number,
  notes: readonly string[],
): Measurement => ({
  metric: id,
  unit,
  value: Number.NaN,
  low: Number.NaN,
  high: Number.NaN,
  confidence,
  samples: Math.max(1, count),
  caveat: notes.join('; '),
});
