import type { LearningText } from '../../contracts/index.ts';
import type { Matrix } from './principal.ts';

/** A run of tokens that is written together. */
export type Word = readonly number[];

/** The words of some texts. */
export interface Words {
  readonly count: number;
  /** Another word for this one, by a number in [0, 1); null when there is none. */
  other(word: Word, chance: number): Word | null;
}

/** Words that can take the place of others: the most frequent ones. */
const mostWords = 5000;
/** Source: Jiao et al. 2020 (TinyBERT), appendix A, K. */
const nearest = 15;

/** A token row cut into pieces: special tokens by themselves, others word by word. */
export const wordsOf = (
  tokens: readonly number[],
  text: LearningText,
): { readonly word: Word; readonly special: boolean }[] => {
  const found: { word: number[]; special: boolean }[] = [];
  for (const token of tokens) {
    const special = text.special.has(token);
    const before = found.at(-1);
    if (!special && before !== undefined && !before.special && !text.startsWord(token)) before.word.push(token);
    else found.push({ word: [token], special });
  }
  return found;
};

/** Unit vectors of words: the mean of their tokens', less the mean of the table. A word of unusable vectors is all zeros. */
const vectorsOf = (words: readonly Word[], { values, rows, columns }: Matrix): Float32Array => {
  const middle = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < columns; i++) middle[i]! += values[row * columns + i]! / rows;
  const vectors = new Float32Array(words.length * columns);
  for (const [at, word] of words.entries()) {
    const vector = vectors.subarray(at * columns, (at + 1) * columns);
    for (const token of word)
      if (token < rows)
        for (let i = 0; i < columns; i++) vector[i]! += (values[token * columns + i]! - middle[i]!) / word.length;
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < columns; i++) vector[i] = length > 0 && Number.isFinite(length) ? vector[i]! / length : 0;
  }
  return vectors;
};

/** The words of token rows, and what may stand for one: with a table of word vectors one of the 15 nearest by the angle between
 *  them, without it (or for a rare word) any word, as often as it occurs. Deterministic. Source: Jiao et al. 2020 (TinyBERT), appendix A;
 *  Tang et al. 2019, §3.2, without the parts of speech. */
export const collectWords = (rows: Iterable<readonly number[]>, text: LearningText, table: Matrix | null): Words => {
  const counts = new Map<string, { readonly word: Word; count: number }>();
  for (const tokens of rows)
    for (const { word, special } of wordsOf(tokens, text)) {
      if (special) continue;
      const key = word.join(' ');
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { word, count: 1 });
      else known.count++;
    }
  const ranked = [...counts]
    .sort(([a, { count: x }], [b, { count: y }]) => y - x || (a < b ? -1 : 1))
    .slice(0, mostWords)
    .map(([key, one]) => ({ key, ...one }));
  const words = ranked.map(({ word }) => word);
  const places = new Map(ranked.map(({ key }, at) => [key, at]));
  const cumulative = new Float64Array(words.length);
  let total = 0;
  for (const [at, { count }] of ranked.entries()) cumulative[at] = total += count;
  const vectors = table === null ? null : vectorsOf(words, table);
  const known = new Map<number, readonly number[]>();

  const neighbours = (at: number): readonly number[] => {
    const before = known.get(at);
    if (before !== undefined) return before;
    const columns = table!.columns;
    const own = vectors!.subarray(at * columns, (at + 1) * columns);
    const best: { readonly place: number; readonly closeness: number }[] = [];
    for (let place = 0; place < words.length; place++) {
      if (place === at) continue;
      let closeness = 0;
      const from = place * columns;
      for (let i = 0; i < columns; i++) closeness += own[i]! * vectors![from + i]!;
      if (best.length === nearest && closeness <= best.at(-1)!.closeness) continue;
      const slot = best.findIndex((one) => closeness > one.closeness);
      best.splice(slot < 0 ? best.length : slot, 0, { place, closeness });
      if (best.length > nearest) best.pop();
    }
    const found = best.map(({ place }) => place);
    known.set(at, found);
    return found;
  };

  const byFrequency = (chance: number): number => {
    const target = chance * total;
    let [low, high] = [0, words.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    count: words.length,
    other: (word, chance) => {
      if (words.length < 2) return null;
      const at = places.get(word.join(' '));
      if (vectors === null || at === undefined) return words[byFrequency(chance)]!;
      const found = neighbours(at);
      return words[found[Math.floor(chance * found.length)]!]!;
    },
  };
};
