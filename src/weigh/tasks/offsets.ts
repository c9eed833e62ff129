import type { TokenMarks } from './tokenizer.ts';

/** Characters `start` to before `end` of a text. */
export interface Offset {
  readonly start: number;
  readonly end: number;
}

/** The printable character that byte-level tokenizers write for each byte. Source: GPT-2 (Radford et al. 2019), bytes_to_unicode. */
const bytesByCharacter: ReadonlyMap<string, number> = (() => {
  const plain = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const map = new Map<string, number>();
  let others = 0;
  for (let byte = 0; byte < 256; byte++) map.set(String.fromCharCode(plain(byte) ? byte : 256 + others++), byte);
  return map;
})();

const foldWhole = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}\s]/gu, '')
    .toLowerCase();

/** What ASCII characters are: their fold, whether they are marks, whether they are white space. Most text is made of them. */
const plain = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return { fold: foldWhole(character), mark: /[\p{P}\p{S}]/u.test(character), space: /\s/u.test(character) };
});
const factsOf = (character: string): (typeof plain)[number] =>
  plain[character.charCodeAt(0)] ?? {
    fold: foldWhole(character),
    mark: /[\p{P}\p{S}]/u.test(character),
    space: /\s/u.test(character),
  };
const fold = (text: string): string => Array.from(text, (character) => factsOf(character).fold).join('');

/** A text as tokens see it: one unit per byte, or per folded character, with where each came from. */
const streamOf = (text: string, byteLevel: boolean) => {
  const encoder = new TextEncoder();
  const units: string[] = [];
  const start: number[] = [];
  const end: number[] = [];
  /** 1 where a word may begin: after white space, and at punctuation and the character after it. */
  const begins: number[] = [];
  let at = 0;
  let fresh = 1;
  for (const character of text) {
    const { fold: folded, mark, space } = factsOf(character);
    const own = byteLevel ? String.fromCharCode(...encoder.encode(character)) : folded;
    for (let unit = 0; unit < own.length; unit++) {
      units.push(own[unit]!);
      start.push(at);
      end.push(at + character.length);
      begins.push(unit === 0 && (mark || fresh === 1) ? 1 : 0);
    }
    if (own.length > 0 || space) fresh = mark || space ? 1 : 0;
    at += character.length;
  }
  return { units: units.join(''), start, end, begins };
};

const surfaceOf = (token: string, { byteLevel, continuing }: TokenMarks): string => {
  if (byteLevel) {
    const bytes = Array.from(token, (character) => bytesByCharacter.get(character) ?? 0xfffd);
    return String.fromCharCode(...bytes).replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');
  }
  const bare = continuing !== '' && token.startsWith(continuing) ? token.slice(continuing.length) : token;
  return fold(bare.replaceAll('▁', ''));
};

/** How far a token may be from where the one before it ended: what tokenizers drop on the way is short. */
const reach = 256;

/** Which characters of a text each of its tokens stands for, found by walking along both. Case, accents and compatibility forms are folded;
 *  unknown tokens get what lies between their neighbors. A token that stands for nothing has an empty range.
 *  `unknown`: the token of words that the vocabulary cannot write. */
export const offsetsOf = (
  text: string,
  tokens: readonly string[],
  marks: TokenMarks,
  unknown: string | null,
): readonly Offset[] => {
  const { units, start, end, begins } = streamOf(text, marks.byteLevel);
  const found: Offset[] = [];
  const waiting: number[] = [];
  let position = 0;
  const place = (unit: number): number => (unit < start.length ? start[unit]! : text.length);
  /** Unknown tokens share what was skipped. */
  const settle = (upTo: number): void => {
    if (waiting.length === 0) return;
    const range =
      upTo > position
        ? { start: place(position), end: end[upTo - 1]! }
        : { start: place(position), end: place(position) };
    for (const token of waiting) found[token] = range;
    waiting.length = 0;
  };
  for (const [index, token] of tokens.entries()) {
    const surface = token === unknown ? '' : surfaceOf(token, marks);
    if (token === unknown) {
      waiting.push(index);
      found.push({ start: 0, end: 0 });
      continue;
    }
    if (surface === '') {
      found.push({ start: place(position), end: place(position) });
      continue;
    }
    // An unknown token is at least one unit, and where words are cut by marks a whole word.
    let from = position + waiting.length;
    if (waiting.length > 0 && marks.continuing !== '' && !token.startsWith(marks.continuing))
      while (from < units.length && begins[from] !== 1) from += 1;
    const at = units.indexOf(surface, from);
    if (at < 0 || at - from > reach) {
      waiting.push(index);
      found.push({ start: 0, end: 0 });
      continue;
    }
    settle(at);
    found.push({ start: start[at]!, end: end[at + surface.length - 1]! });
    position = at + surface.length;
  }
  settle(units.length);
  return found;
};
