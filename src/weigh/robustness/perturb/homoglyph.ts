import { definePerturbation, strengthOf } from './types.ts';

/** Latin letter → letter of another script that looks the same. Source: Unicode confusables (UTS 39). */
const twins: ReadonlyMap<string, string> = new Map(
  Array.from('aаcсeеiіjјoоpрsѕxхyуAАBВCСEЕHНIІJЈKКMМOОPРSЅTТXХYҮZΖ'.matchAll(/(\p{Script=Latin})(.)/gu), (pair) => [
    pair[1]!,
    pair[2]!,
  ]),
);

/** Latin letters become Cyrillic or Greek ones that look the same. */
export const homoglyph = definePerturbation({
  id: 'homoglyph',
  title: 'Letters of other scripts that look the same',
  source: 'Unicode UTS 39; Boucher et al. 2022, "Bad Characters"',
  options: strengthOf(0.1, 'a letter that has a twin in another script is replaced by it'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    text.replace(/[A-Za-z]/g, (letter) => {
      const twin = twins.get(letter);
      return twin !== undefined && random.next() < strength ? twin : letter;
    }),
});

/** Zero-width space, non-joiner and joiner, word joiner, soft hyphen. */
const invisibles = ['\u200b', '\u200c', '\u200d', '\u2060', '\u00ad'];

/** Characters that nobody sees, between letters. */
export const invisible = definePerturbation({
  id: 'invisible',
  title: 'Invisible characters',
  source: 'Boucher et al. 2022, "Bad Characters"',
  options: strengthOf(0.05, 'an invisible character follows a letter inside a word'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    text.replace(/(?<=\p{L})(?=\p{L})/gu, () =>
      random.next() < strength ? invisibles[random.integer(invisibles.length)]! : '',
    ),
});
