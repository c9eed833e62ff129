import type { Random } from '../../contracts/index.ts';

/** A text that says the same about somebody of another group. */
export interface Swapped {
  readonly texts: readonly string[];
  /** Whom the text was about, and whom it is about now. */
  readonly from: string;
  readonly to: string;
}

/** One way of swapping: names, pronouns, roles, … */
export interface SwapKind {
  readonly name: string;
  /** The parts of one example (text, pair) with the same swap in all; null when there is nothing to swap. */
  swap(texts: readonly string[], random: Random): Swapped | null;
}

/** Words of a group by what they stand for: a word is replaced by one of the same slot of another group. An empty slot has no such word. */
export type Slots = readonly (readonly string[])[];

const escape = (word: string): string => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** "ANNA" → "PETER", "Anna" → "Peter", "anna" → "peter"; a word that is capitalized in the list only by nature follows the text. */
export const likeCase = (model: string, word: string): string => {
  if (model.length > 1 && model === model.toUpperCase() && model !== model.toLowerCase()) return word.toUpperCase();
  const first = model.slice(0, 1);
  if (first !== first.toLowerCase()) return word.slice(0, 1).toUpperCase() + word.slice(1);
  return model === model.toLowerCase() ? word.toLowerCase() : word;
};

/** Whole words only, letters of any script. */
export const wholeWords = (words: readonly string[]): string =>
  `(?<![\\p{L}\\p{N}_])(?:${words
    .toSorted((a, b) => b.length - a.length)
    .map(escape)
    .join('|')})(?![\\p{L}\\p{N}_])`;

/** The group that is named most often, the first of them on a tie. */
const mostNamed = (found: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const group of found) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]![0];
};

/** Whether a place in a text lies within a phrase that stays as it is. */
const properIn = (text: string, phrases: RegExp | null): ((at: number) => boolean) => {
  if (phrases === null) return () => false;
  const spans = [...text.matchAll(phrases)].map(({ 0: phrase, index }) => [index, index + phrase.length] as const);
  return (at) => spans.some(([from, to]) => at >= from && at < to);
};

/** Swap words of one group for words of another: the group named most often takes the place of a random other one, and that one its own
 *  where both occur. The same word becomes the same word throughout; "a" and "an" follow. A word belongs to the first group that lists it.
 *  `proper`: phrases in which the words mean something else and stay ("San Jose", "French fries"). */
export const listKind = (
  name: string,
  groups: Readonly<Record<string, Slots>>,
  proper: RegExp | null = null,
): SwapKind => {
  const known = new Map<string, { group: string; slot: number }>();
  for (const [group, slots] of Object.entries(groups))
    for (const [slot, words] of slots.entries())
      for (const word of words) {
        const key = word.toLowerCase();
        if (!known.has(key)) known.set(key, { group, slot });
      }
  const all = wholeWords([...known.keys()]);
  const words = new RegExp(all, 'giu');
  const withArticle = new RegExp(`(?:(?<![\\p{L}\\p{N}_])(an?)(\\s+))?(${all})`, 'giu');
  return {
    name,
    swap(texts, random) {
      const found = texts.flatMap((text) => {
        const stays = properIn(text, proper);
        return [...text.matchAll(words)]
          .filter(({ index }) => !stays(index))
          .map(([word]) => known.get(word.toLowerCase())!.group);
      });
      if (found.length === 0) return null;
      const from = mostNamed(found);
      const others = Object.keys(groups).filter((group) => group !== from);
      if (others.length === 0) return null;
      const to = others[random.integer(others.length)]!;
      const chosen = new Map<string, string>();
      const replacement = (word: string): string => {
        const key = word.toLowerCase();
        const { group, slot } = known.get(key)!;
        const target = group === from ? to : group === to ? from : null;
        const choices = target === null ? [] : (groups[target]![slot] ?? []);
        if (choices.length === 0) return word;
        const again = chosen.get(key);
        if (again !== undefined) return likeCase(word, again);
        // Two people stay two people as long as there are names for them.
        const free = choices.filter((one) => ![...chosen.values()].includes(one));
        const pool = free.length > 0 ? free : choices;
        const one = pool[random.integer(pool.length)]!;
        chosen.set(key, one);
        return likeCase(word, one);
      };
      const swapped = texts.map((text) => {
        const stays = properIn(text, proper);
        return text.replaceAll(
          withArticle,
          (match: string, article: string | undefined, space: string | undefined, word: string, at: number) => {
            if (stays(at + match.length - word.length)) return match;
            const now = replacement(word);
            if (article === undefined) return now;
            return now === word ? match : `${likeCase(article, /^[aeiou]/i.test(now) ? 'an' : 'a')}${space}${now}`;
          },
        );
      });
      return swapped.every((text, at) => text === texts[at]) ? null : { texts: swapped, from, to };
    },
  };
};
