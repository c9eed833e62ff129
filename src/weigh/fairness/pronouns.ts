import { likeCase, type SwapKind } from './swaps.ts';

interface Forms {
  readonly subject: string;
  readonly object: string;
  /** "his book" */
  readonly determiner: string;
  /** "it is his" */
  readonly possessive: string;
  readonly reflexive: string;
}

const forms = {
  he: { subject: 'he', object: 'him', determiner: 'his', possessive: 'his', reflexive: 'himself' },
  she: { subject: 'she', object: 'her', determiner: 'her', possessive: 'hers', reflexive: 'herself' },
  they: { subject: 'they', object: 'them', determiner: 'their', possessive: 'theirs', reflexive: 'themself' },
} as const satisfies Readonly<Record<string, Forms>>;
type Person = keyof typeof forms;

const list = '(?:he|him|his|himself|she|her|hers|herself)(?![\\p{L}\\p{N}_])';
/** A pronoun, "'s" behind it, and the next word unless that is a pronoun itself. */
const word = new RegExp(`(?<![\\p{L}\\p{N}_])(${list})(['’]s)?(\\s+(?!${list})[\\p{L}]+(?:['’][\\p{L}]+)?)?`, 'giu');

/** Words after which nothing is owned: "told her that", "saw her yesterday", "ask her to call". */
const notOwned = new Set(
  'a about again all also an and any are as at back because before but by do every first for from had has have here how if in into is it just last later more next no not now of off on or out over right she he so soon than that the then there they this through to today tomorrow tonight too up was we were what when where which while who why will with without yesterday you'.split(
    ' ',
  ),
);

/** What one person does in words of several: "is" → "are", "wants" → "want". */
const plural: Readonly<Record<string, string>> = {
  is: 'are',
  was: 'were',
  has: 'have',
  does: 'do',
  goes: 'go',
  "isn't": "aren't",
  "wasn't": "weren't",
  "hasn't": "haven't",
  "doesn't": "don't",
};
/** Words in s behind a subject that are no verbs in the third person. */
const unchanged = new Set(['always', 'perhaps', 'sometimes', 'this', 'as', 'us', 'thus', 'plus', 'besides', 'across']);

const pluralVerb = (verb: string): string => {
  const key = verb.toLowerCase().replace('’', "'");
  const known = plural[key];
  if (known !== undefined) return likeCase(verb, verb.includes('’') ? known.replace("'", '’') : known);
  if (unchanged.has(key) || !/[^s]s$/.test(key)) return verb;
  if (/(?:ch|sh|x|ss|zz)es$/.test(key)) return verb.slice(0, -2);
  return /[^aeiou]ies$/.test(key) ? `${verb.slice(0, -3)}y` : verb.slice(0, -1);
};

const roleOf = (pronoun: string, next: string | undefined): keyof Forms => {
  const owned = next !== undefined && !notOwned.has(next.trim().toLowerCase());
  switch (pronoun) {
    case 'he':
    case 'she':
      return 'subject';
    case 'him':
      return 'object';
    case 'hers':
      return 'possessive';
    case 'his':
      return owned ? 'determiner' : 'possessive';
    case 'her':
      return owned ? 'determiner' : 'object';
    default:
      return 'reflexive';
  }
};

/** He, she and they. The one named more often becomes one of the other two; where he and she both occur and change into each other, both do.
 *  "They" is never the beginning: it may be several people. Which "her" is meant is told by the next word, and verbs right behind "they"
 *  follow; what stands further away does not. */
export const pronouns: SwapKind = {
  name: 'pronouns',
  swap(texts, random) {
    const found = texts.flatMap((text) =>
      [...text.matchAll(word)].map(([, pronoun]): Person => (/^h(?:e|im|is|imself)$/i.test(pronoun!) ? 'he' : 'she')),
    );
    if (found.length === 0) return null;
    const his = found.filter((one) => one === 'he').length;
    const from: Person = his * 2 >= found.length ? 'he' : 'she';
    const to = (['he', 'she', 'they'] as const).filter((one) => one !== from)[random.integer(2)]!;
    const swapped = texts.map((text) =>
      text.replaceAll(word, (whole: string, pronoun: string, is: string | undefined, next: string | undefined) => {
        const who: Person = /^h(?:e|im|is|imself)$/i.test(pronoun) ? 'he' : 'she';
        const target = who === from ? to : who === to ? from : null;
        if (target === null) return whole;
        const role = roleOf(pronoun.toLowerCase(), next);
        const shout = pronoun.length > 1 && pronoun === pronoun.toUpperCase();
        const now = shout ? forms[target][role].toUpperCase() : likeCase(pronoun, forms[target][role]);
        if (role !== 'subject' || target !== 'they') return `${now}${is ?? ''}${next ?? ''}`;
        const space = next === undefined ? '' : /^\s+/.exec(next)![0];
        const verb = next === undefined ? '' : next.slice(space.length);
        if (is !== undefined) return `${now}${is[0]!}re${next ?? ''}`;
        return `${now}${space}${pluralVerb(verb)}`;
      }),
    );
    return swapped.every((text, at) => text === texts[at]) ? null : { texts: swapped, from, to };
  },
};
