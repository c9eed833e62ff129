import type { Measurement, MetricSpec, TooFew } from './measurement.ts';

/** A share of fewer items than this says next to nothing: it is refused by name instead of shown, and no condition is held against it. */
export const fewestItems = 30;

/** More refused slices than this are only counted where they are told. */
const mostNames = 10;

/** Why a slice is not reported. */
export const tooFew = (slice: string, count: number, item = 'example'): TooFew => ({ slice, count, item });

/** "1 text", "12 examples". */
export const countText = ({ count, item }: TooFew): string =>
  `${count.toLocaleString('en-US')} ${item}${count === 1 ? '' : 's'}`;

/** "kind=pronouns has 1 text, 30 are needed to report it". */
export const refusalText = (one: TooFew): string =>
  `${one.slice} has ${countText(one)}, ${fewestItems} are needed to report it`;

/** What a reader must know about a number: its caveat, then each slice that is refused; undefined: nothing. */
export const caveatText = ({ caveat, refused = [] }: Pick<Measurement, 'caveat' | 'refused'>): string | undefined => {
  const more = refused.length - mostNames;
  const all = [
    ...(caveat === undefined ? [] : [caveat]),
    ...refused.slice(0, mostNames).map(refusalText),
    ...(more > 0 ? [`${more.toLocaleString('en-US')} more ${more === 1 ? 'is' : 'are'} as small`] : []),
  ];
  return all.length === 0 ? undefined : all.join('; ');
};

/** Remarks and refused slices as the fields of a number; none of them where there is nothing to say. */
export const noted = (
  remarks: readonly string[],
  refused: readonly TooFew[],
): Pick<Measurement, 'caveat' | 'refused'> => ({
  ...(remarks.length === 0 ? {} : { caveat: remarks.join('; ') }),
  ...(refused.length === 0 ? {} : { refused }),
});

/** How a remark begins that says what a number without value lacks. */
const lackBegins = 'it needs ';

/** Whether a remark says what a number lacks. */
export const isLack = (remark: string): boolean => remark.startsWith(lackBegins);

/** What a number without value lacks, without what else its caveat says. */
export const lackIn = (caveat: string): string => caveat.split('; ').find(isLack) ?? caveat;

/** "it needs 30 changed texts and there are 3". */
export const needed = (count: number, many: string): string =>
  `${lackBegins}${fewestItems} ${many} and there ${count === 1 ? 'is' : 'are'} ${count === 0 ? 'none' : count.toLocaleString('en-US')}`;

/** A number of too few items to be told: it has no value, and its caveat says what it takes, one remark after the other. */
export const untold = (
  { id, unit }: Pick<MetricSpec, 'id' | 'unit'>,
  count: number,
  confidence: number,
  remarks: readonly string[],
  refused: readonly TooFew[] = [],
): Measurement => ({
  metric: id,
  unit,
  value: Number.NaN,
  low: Number.NaN,
  high: Number.NaN,
  confidence,
  samples: Math.max(1, count),
  ...noted(remarks, refused),
});
