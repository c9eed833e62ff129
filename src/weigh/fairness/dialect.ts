import { likeCase, type SwapKind } from './swaps.ts';

/** Each: a pattern, and what it becomes. Features that several English dialects share; none of them is a dialect. */
const rules: readonly (readonly [RegExp, (found: string, ...parts: string[]) => string])[] = [
  // "I am not", "he isn't", "we haven't" → ain't
  [/(?<![\p{L}])(am|is|are|has|have)(\s+)not(?![\p{L}])/giu, (found) => likeCase(found.slice(0, 1), "ain't")],
  [/(?<![\p{L}])(?:isn|aren|hasn|haven)['’]t(?![\p{L}])/giu, (found) => likeCase(found.slice(0, 1), "ain't")],
  [
    /(?<![\p{L}])going(\s+)to(?=\s+(?!the|a|an|my|our|your|his|her|their|be\b)[\p{Ll}])/giu,
    (found) => likeCase(found.slice(0, 1), 'gonna'),
  ],
  [/(?<![\p{L}])want(\s+)to(?![\p{L}])/giu, (found) => likeCase(found.slice(0, 1), 'wanna')],
  [/(?<![\p{L}])got(\s+)to(?![\p{L}])/giu, (found) => likeCase(found.slice(0, 1), 'gotta')],
  [/(?<![\p{L}])you(\s+)(?:all|guys)(?![\p{L}])/giu, (found) => likeCase(found.slice(0, 1), "y'all")],
  // No verb between a person and what they do: "she is working" → "she working".
  [
    /(?<![\p{L}])(you|he|she|we|they)(?:\s+(?:is|are)|['’](?:s|re))(\s+)(?=\p{L}+ing(?![\p{L}]))/giu,
    (_, who, space) => `${who!}${space!}`,
  ],
  // "working" → "workin'", but not "thing", "king", "during" or "something".
  [
    /(?<![\p{L}])(?!(?:something|nothing|anything|everything|during|morning|evening|building|wedding|spring|string|bring|thing|sing|king|ring|wing)(?![\p{L}]))(\p{L}{2,})ing(?![\p{L}])/giu,
    (_, stem) => `${stem!}in'`,
  ],
];

/** Standard English with features of spoken dialects: ain't, gonna, y'all, dropped g, a missing "is". Surface only, and in one direction:
 *  a version should not care how somebody writes the same thing. */
export const dialect: SwapKind = {
  name: 'dialect',
  swap(texts) {
    const swapped = texts.map((text) =>
      rules.reduce((so, [pattern, change]) => so.replaceAll(pattern, change as (found: string) => string), text),
    );
    return swapped.every((text, at) => text === texts[at]) ? null : { texts: swapped, from: 'standard', to: 'dialect' };
  },
};
