import type { Example, TaskText } from '../../../contracts/index.ts';
import { wordsOf } from '../perturb/words.ts';

/** Scripts that write no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** The words of an example, in small letters; where a script writes no spaces, by dictionary (ICU). */
export const wordsIn = ({ text = '', pair = '' }: Example): readonly string[] => {
  const all = `${text} ${pair}`.toLowerCase();
  if (!unspaced.test(all)) return wordsOf(all);
  return [...segmenter.segment(all)].flatMap(({ segment, isWordLike }) => (isWordLike === true ? [segment] : []));
};

export interface Rarity {
  /** Subwords per word; NaN for a text without words. */
  readonly fertility: number;
  /** Whether the tokenizer has no token for some part of it. */
  readonly unknown: boolean;
}

/** How a tokenizer takes each example. Words are tokenized once each, behind another word as in a sentence; a word longer than the model's
 *  limit counts as that many. Errors: those of the task. */
export const rarityOf = (examples: readonly Example[], text: TaskText): readonly Rarity[] => {
  const size = (one: string): number => text.tokens({ id: '', text: one, label: null, groups: {} }).length;
  const base = size('a');
  const known = new Map<string, number>();
  const subwords = (word: string): number => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const count = Math.max(1, size(`a ${word}`) - base);
    known.set(word, count);
    return count;
  };
  return examples.map((example) => {
    const words = wordsIn(example);
    return {
      fertility: words.reduce((sum, word) => sum + subwords(word), 0) / words.length,
      unknown: text.unknownToken !== null && text.tokens(example).includes(text.unknownToken),
    };
  });
};

const counted = new WeakMap<readonly Example[], ReadonlyMap<string, number>>();

/** How often the examples use each word; counted once for the same examples. */
const countsOf = (reference: readonly Example[]): ReadonlyMap<string, number> => {
  const known = counted.get(reference);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const example of reference) for (const word of wordsIn(example)) counts.set(word, (counts.get(word) ?? 0) + 1);
  counted.set(reference, counts);
  return counts;
};

/** Per example: the share of its words that no reference example has. NaN for a text without words. */
export const unseenShares = (examples: readonly Example[], reference: readonly Example[]): Float64Array => {
  const seen = countsOf(reference);
  return Float64Array.from(examples, (example) => {
    const words = wordsIn(example);
    return words.filter((word) => !seen.has(word)).length / words.length;
  });
};

/** Per example: the rank of its words by how often the reference examples use them, 1 for the most frequent word, as the geometric mean (ranks follow
 *  a power law). Words that are used equally often share the mean of their ranks; a word that none uses comes after all that one does.
 *  NaN for a text without words. Source: Zipf 1949 (rank and frequency). */
export const wordRanks = (examples: readonly Example[], reference: readonly Example[]): Float64Array => {
  const ordered = [...countsOf(reference)].toSorted((a, b) => b[1] - a[1]);
  const ranks = new Map<string, number>();
  for (let from = 0; from < ordered.length;) {
    let to = from;
    while (to < ordered.length && ordered[to]![1] === ordered[from]![1]) to++;
    for (let at = from; at < to; at++) ranks.set(ordered[at]![0], (from + 1 + to) / 2);
    from = to;
  }
  return Float64Array.from(examples, (example) => {
    const words = wordsIn(example);
    return Math.exp(
      words.reduce((sum, word) => sum + Math.log(ranks.get(word) ?? ordered.length + 1), 0) / words.length,
    );
  });
};
