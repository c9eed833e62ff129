/** Punctuation of ASCII, as Python's string.punctuation has it. */
const punctuation = /[!-/:-@[-`{-~]/g;
/** Articles as whole words; letters and digits of any script make words, as Python's \b has it. */
const articles = /(?<![\p{L}\p{N}_])(?:an|a|the)(?![\p{L}\p{N}_])/gu;
/** White space as Python's str.split has it. */
// eslint-disable-next-line no-control-regex
const space = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** Lower case, without ASCII punctuation, without articles, words divided by one space. In this order: "the." is an article, "a-b" is "ab".
 *  Source: Rajpurkar et al. 2016, evaluation script of SQuAD 1.1; the same in ReCoRD's. */
export const normalizeAnswer = (text: string): string =>
  text
    .toLowerCase()
    .replace(punctuation, '')
    .replace(articles, ' ')
    .split(space)
    .filter((word) => word !== '')
    .join(' ');

const countsOf = (words: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
};

const wordsOf = (normalized: string): readonly string[] => (normalized === '' ? [] : normalized.split(' '));

const f1Between = (predicted: string, right: string): number => {
  const [given, wanted] = [wordsOf(predicted), wordsOf(right)];
  const counts = countsOf(wanted);
  let same = 0;
  for (const [word, count] of countsOf(given)) same += Math.min(count, counts.get(word) ?? 0);
  return same === 0 ? 0 : (2 * same) / (given.length + wanted.length);
};

/** How well a text answers: exact match and F1 over words, each the best over the right answers; no answer scores 0.
 *  Two texts of nothing but articles match exactly and have no word in common: F1 is 0, as in the official script.
 *  Units: 0 to 1. Source: SQuAD 1.1 and ReCoRD evaluation scripts. */
export const scoreText = (
  predicted: string | null,
  right: readonly string[],
): { readonly exact: number; readonly f1: number } => {
  if (predicted === null) return { exact: 0, f1: 0 };
  const normalized = normalizeAnswer(predicted);
  let [exact, f1] = [0, 0];
  for (const one of right.map(normalizeAnswer)) {
    if (one === normalized) exact = 1;
    f1 = Math.max(f1, f1Between(normalized, one));
  }
  return { exact, f1 };
};
