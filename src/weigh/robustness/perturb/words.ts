/** A word: letters, marks and digits, with apostrophes inside. */
const wordPattern = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;

/** Replace words one by one; what stands between them stays. */
export const mapWords = (text: string, change: (word: string) => string): string => text.replace(wordPattern, change);

/** The words of a text in their order. */
export const wordsOf = (text: string): readonly string[] => text.match(wordPattern) ?? [];

/** Letters with the marks that belong to them; splits no character. */
export const unitsOf = (word: string): readonly string[] => word.match(/\P{M}\p{M}*|\p{M}+/gu) ?? [];

/** The replacement in the case of what it replaces: ALL CAPITALS, Capitalized, or as it is. */
export const matchCase = (original: string, replacement: string): string => {
  const letters = original.match(/\p{L}/gu) ?? [];
  if (letters.length > 1 && original === original.toUpperCase() && original !== original.toLowerCase())
    return replacement.toUpperCase();
  const first = letters[0];
  if (first === undefined || first === first.toLowerCase()) return replacement;
  const [head = ''] = replacement;
  return head.toUpperCase() + replacement.slice(head.length);
};

/** A table from lines "word: other, another". */
export const tableOf = (lines: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    lines
      .trim()
      .split(/\s*\n\s*/)
      .map((line) => {
        const [from, to] = line.split(/:\s*/) as [string, string];
        return [from, to.split(/,\s*/)] as const;
      }),
  );

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** One pattern for many words or phrases that stand alone, the longest first; case does not matter, and an apostrophe may be curled.
 *  Null when there are none. */
export const anyOf = (phrases: readonly string[]): RegExp | null =>
  phrases.length === 0
    ? null
    : new RegExp(
        `(?<![\\p{L}\\p{M}\\p{N}'’])(?:${phrases
          .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
          .map((phrase) => escaped(phrase).replaceAll("'", "['’]").replaceAll(' ', '\\s+'))
          .join('|')})(?![\\p{L}\\p{M}\\p{N}]|['’]\\p{L})`,
        'giu',
      );

/** How phrases are looked up in a table. */
export const plainKey = (phrase: string): string => phrase.toLowerCase().replaceAll('’', "'").replace(/\s+/g, ' ');
