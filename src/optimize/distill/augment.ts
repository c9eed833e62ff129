import type { LearningText, Random } from '../../contracts/index.ts';
import { wordsOf, type Words } from './words.ts';

/** How often a text is changed, and how. Shares from 0 to 1. */
export interface Rates {
  /** Words that become the mask token (the unknown token where there is none). */
  readonly mask: number;
  /** Words that become another word. */
  readonly replace: number;
  /** Texts of which only a piece of one to five words stays. */
  readonly piece: number;
}

/** Source: Tang et al. 2019, §4.3: p_mask = 0.1, p_pos = 0.1, p_ng = 0.25, n from 1 to 5. */
export const usualRates: Rates = { mask: 0.1, replace: 0.1, piece: 0.25 };
const longestPiece = 5;

/** A text as it might also have been: words masked, words replaced, or a piece of it. Special tokens stay where they are.
 *  Shapes: token ids with the special ones, at most `text.maxLength` of them. What is drawn follows from `random` alone.
 *  A text of several parts (a separator within) is never cut to a piece. Source: Tang et al. 2019, §3.2. */
export const augmented = (
  tokens: readonly number[],
  text: LearningText,
  words: Words,
  rates: Rates,
  random: Random,
): number[] => {
  const hidden = text.maskToken ?? text.unknownToken;
  const parts = wordsOf(tokens, text).map(({ word, special }) => {
    if (special) return { word, special };
    const chance = random.next();
    if (chance < rates.mask) return { word: hidden === null ? word : [hidden], special };
    if (chance < rates.mask + rates.replace) return { word: words.other(word, random.next()) ?? word, special };
    return { word, special };
  });
  const first = parts.findIndex(({ special }) => !special);
  const last = parts.findLastIndex(({ special }) => !special);
  let kept = parts;
  const cut = random.next() < rates.piece;
  const whole = first >= 0 && parts.slice(first, last + 1).every(({ special }) => !special);
  if (cut && whole) {
    const size = Math.min(last - first + 1, 1 + random.integer(longestPiece));
    const from = first + random.integer(last - first + 2 - size);
    kept = [...parts.slice(0, first), ...parts.slice(from, from + size), ...parts.slice(last + 1)];
  }
  // Another word may have more tokens: words at the end go until all fits.
  let length = kept.reduce((sum, { word }) => sum + word.length, 0);
  const fitting: typeof kept = [];
  for (const part of kept.toReversed()) {
    if (length > text.maxLength && !part.special) length -= part.word.length;
    else fitting.push(part);
  }
  return fitting.toReversed().flatMap(({ word }) => [...word]);
};
