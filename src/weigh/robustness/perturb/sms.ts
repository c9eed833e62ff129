import { definePerturbation, strengthOf } from './types.ts';
import { anyOf, mapWords, matchCase, plainKey, tableOf } from './words.ts';

const abbreviations = tableOf(`
  about: abt
  and: &, n
  are: r
  as soon as possible: asap
  at: @
  be: b
  because: cuz, bc
  before: b4
  by the way: btw
  can: cn
  could: cud
  don't know: dunno
  for: 4
  for your information: fyi
  going to: gonna
  good: gd
  great: gr8
  have: hv
  i don't know: idk
  i have: ive
  in my opinion: imo
  know: kno
  later: l8r
  let me know: lmk
  message: msg
  money: $$
  okay: k
  people: ppl
  please: pls, plz
  probably: prob
  really: rly
  right now: rn
  see: c
  should: shud
  someone: sum1
  sorry: sry
  thank you: ty, thx
  thanks: thx, tnx
  that: dat
  the: da
  though: tho
  to: 2
  to be honest: tbh
  today: 2day
  tomorrow: tmrw
  tonight: 2nite
  too: 2
  very: v
  want to: wanna
  was: woz
  what: wat
  why: y
  with: w/, wiv
  without: w/o
  would: wud
  you: u
  your: ur
  you are: ur
`);
const phrases = anyOf([...abbreviations.keys()])!;

/** "tomorrow" → "tmrrw": the vowels between the first and the last letter go. */
const withoutVowels = (word: string): string =>
  word.length < 5 || !/^[a-z]+$/i.test(word)
    ? word
    : word[0]! + word.slice(1, -1).replace(/[aeiou]/gi, '') + word.at(-1)!;

/** Text messages: abbreviations, vowels left out, no apostrophes. */
export const sms = definePerturbation({
  id: 'sms',
  title: 'Text message style',
  source: 'common chat abbreviations; vowel dropping as in SMS corpora',
  options: strengthOf(0.3, 'a word or phrase is abbreviated, or a long word loses its vowels'),
  meaning: 'kept',
  apply(text, { strength }, random) {
    const short = text.replace(phrases, (found) => {
      if (random.next() >= strength) return found;
      const some = abbreviations.get(plainKey(found))!;
      return matchCase(found, some[random.integer(some.length)]!);
    });
    const dropped = mapWords(short, (word) => (random.next() < strength ? withoutVowels(word) : word));
    return dropped.replace(/(?<=\p{L})['’](?=\p{L})/gu, (mark) => (random.next() < strength ? '' : mark));
  },
});
