import { isStopWord } from './stop-words.ts';
import type { Limits, Split } from './types.ts';

/** Which field of a pair may change: both, one, or what the attack's own recipe says. */
export type Column = 'recipe' | 'both' | 'text' | 'pair';

/** The words that an attack may change: content words, long enough, in the right field. */
export const placesOf = ({ words, fields, gaps }: Split, limits: Limits, column: Column): readonly number[] => {
  const isPair = gaps.length > 1;
  const only =
    column === 'pair' || (column === 'recipe' && limits.pairOnly === true) ? 1 : column === 'text' ? 0 : null;
  return [...words.keys()].filter(
    (at) =>
      !isStopWord(words[at]!) &&
      Array.from(words[at]!).length >= (limits.leastLetters ?? 1) &&
      (!isPair || only === null || fields[at] === only),
  );
};

/** How many of `count` words may change: one at least. */
export const mostChanges = (count: number, { mostWords, mostShare }: Limits, share: number): number =>
  Math.min(mostWords ?? count, Math.max(1, Math.floor(Math.min(mostShare ?? 1, share) * count + 1e-9)));
