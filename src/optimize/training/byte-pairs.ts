import { SteelyardError } from '../../contracts/index.ts';
import { byteCharacters } from '../trim/tokenizer/bytes.ts';
import { Pairs } from './pairs.ts';
import { specialTokens } from './vocabulary.ts';

/** What byte-level BPE knows: tokens (id = place) and, in their order, which two pieces become one. */
export interface BytePairs {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

/** Contractions, words, numbers and other signs, each with the space before it; what spaces are left. Source: GPT-2, encoder.py. */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Longer ones, in bytes, teach nothing that shorter ones do not, and are left out of the counts. */
const longestWord = 200;

const joined = (left: string, right: string): string => left + right;

/** The words of a text as byte-level tokenizers write them: one character a byte, a space before the first word too. */
export const byteWords = (text: string): string[] =>
  ((text.startsWith(' ') || text === '' ? text : ` ${text}`).match(words) ?? []).map((word) =>
    Array.from(Buffer.from(word), (byte) => byteCharacters[byte]!).join(''),
  );

/** Learn a byte-level BPE vocabulary: special tokens, the 256 bytes, then the merges of the most frequent pairs until `size` is reached or no
 *  pair occurs twice. Any text can be written with it: nothing is unknown; upper and lower case are apart. No randomness: the same texts in
 *  any order give the same list. Shapes: at most `size` tokens.
 *  Errors: `training/vocabulary` when `size` has no room for the bytes, or there is no text.
 *  Source: Sennrich et al. 2016, §3.2; Radford et al. 2019 (GPT-2), §2.2. */
export const trainBytePairs = (texts: Iterable<string>, options: { readonly size: number }): BytePairs => {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of byteWords(text)) if (word.length <= longestWord) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size === 0)
    throw new SteelyardError('training/vocabulary', 'the training texts have no words', 'give at least one text');
  const tokens: string[] = [...specialTokens, ...byteCharacters];
  if (!Number.isInteger(options.size) || options.size < tokens.length)
    throw new SteelyardError(
      'training/vocabulary',
      `a vocabulary of ${options.size} tokens has no room for the ${tokens.length} that special tokens and bytes need`,
      'use a size of at least 1,000',
    );
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const pairs = new Pairs(
    sorted.map(([word]) => Array.from(word)),
    sorted.map(([, count]) => count),
    joined,
  );
  const known = new Set(tokens);
  const merges: (readonly [string, string])[] = [];
  while (tokens.length < options.size) {
    const best = pairs.best();
    if (best === null || best.count < 2) break;
    const token = joined(...best.parts);
    pairs.merge(best);
    merges.push(best.parts);
    if (known.has(token)) continue;
    known.add(token);
    tokens.push(token);
  }
  return { tokens, merges };
};
