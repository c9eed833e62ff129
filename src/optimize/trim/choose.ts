import type { Counts } from './frequency.ts';
import type { TokenModel } from './tokenizer/types.ts';
import { scriptOf, scriptsIn } from './scripts.ts';

export interface Wishes {
  /** Share of the occurrences that kept tokens cover at least. */
  readonly coverage: number;
  readonly minimumCount: number;
  /** Most tokens besides those that stay anyway; 0: no limit. */
  readonly size: number;
  readonly keepCharacters: boolean;
}

/** Scripts that make up less of the data's characters than this are accidents: their characters need not stay. */
export const leastShare = 0.001;

export interface Vocabulary {
  readonly model: TokenModel;
  readonly texts: ReadonlyMap<number, string>;
}

/** The most frequent ids that cover the wanted share, in order of frequency; ids of the same frequency in their own order. */
const frequent = (counts: Counts, obligatory: ReadonlySet<number>, wishes: Wishes): readonly number[] => {
  const open = [...counts].filter(([id]) => !obligatory.has(id));
  const total = open.reduce((sum, [, count]) => sum + count, 0);
  const sorted = open.toSorted(([a, x], [b, y]) => y - x || a - b);
  const chosen: number[] = [];
  let covered = 0;
  for (const [id, count] of sorted) {
    if (covered >= wishes.coverage * total || count < wishes.minimumCount) break;
    if (wishes.size > 0 && chosen.length >= wishes.size) break;
    covered += count;
    chosen.push(id);
  }
  return chosen;
};

/** Ids that stay, ascending: the obligatory ones, the frequent ones, single characters of the scripts that occur, and what any of
 *  these is built from. Row 0 stays: it is what texts are padded with where no file says otherwise.
 *  Shapes: `counts` has ids below `rows` only. Without a vocabulary the ids have no texts: nothing is known of characters. */
export const chooseTokens = (
  counts: Counts,
  obligatory: ReadonlySet<number>,
  vocabulary: Vocabulary | null,
  rows: number,
  wishes: Wishes,
): readonly number[] => {
  const always = new Set([0, ...obligatory]);
  const kept = new Set([...always, ...frequent(counts, always, wishes)]);
  if (vocabulary !== null) {
    const { model, texts } = vocabulary;
    if (wishes.keepCharacters) {
      const tokens = [...counts].flatMap(([id, count]): [string, number][] => {
        const token = always.has(id) ? undefined : texts.get(id);
        return token === undefined ? [] : [[model.text(token), count]];
      });
      const found = scriptsIn(tokens, leastShare);
      if (found.size > 0) {
        // Any text has digits and punctuation.
        const scripts = new Set([...found, 'Common']);
        for (const [token, id] of model.ids) {
          const character = model.character(token);
          if (character !== null && scripts.has(scriptOf(character))) kept.add(id);
        }
      }
    }
    // Grows while it is walked: what a token is built from is built on the same way.
    for (const id of kept) {
      const token = texts.get(id);
      if (token !== undefined) for (const part of model.path(token)) kept.add(part);
    }
  }
  return [...kept].filter((id) => id < rows).toSorted((a, b) => a - b);
};
