import type { Random } from '../../../contracts/index.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Keys beside, above and below a letter on an English keyboard, where each row is shifted by half a key. */
const besideOnKeyboard = (letter: string): readonly string[] => {
  const row = rows.findIndex((keys) => keys.includes(letter));
  if (row < 0) return [];
  const at = rows[row]!.indexOf(letter);
  const places = [
    [row, at - 1],
    [row, at + 1],
    [row - 1, at],
    [row - 1, at + 1],
    [row + 1, at - 1],
    [row + 1, at],
  ] as const;
  return places.flatMap(([line, key]) => rows[line]?.[key] ?? []);
};

const inCaseOf = (model: string, letter: string): string =>
  model !== model.toLowerCase() ? letter.toUpperCase() : letter;

/** Which letters may be touched: places `from` ≤ place < length − `end`. */
export interface Span {
  readonly from: number;
  readonly end: number;
}
export const anywhere: Span = { from: 0, end: 0 };
/** The first and the last letter stay. */
export const inner: Span = { from: 1, end: 1 };

const places = (letters: readonly string[], { from, end }: Span, reserve = 0): readonly number[] =>
  Array.from({ length: Math.max(0, letters.length - end - reserve - from) }, (_, at) => from + at);

const splice = (letters: readonly string[], at: number, remove: number, ...add: readonly string[]): string =>
  letters.toSpliced(at, remove, ...add).join('');

/** Every word that swaps two neighboring, different letters. */
export const swaps = (word: string, span: Span): readonly string[] => {
  const letters = Array.from(word);
  return places(letters, span, 1)
    .filter((at) => letters[at] !== letters[at + 1])
    .map((at) => splice(letters, at, 2, letters[at + 1]!, letters[at]!));
};

/** Every word that lacks one letter; a single letter stays. */
export const deletions = (word: string, span: Span): readonly string[] => {
  const letters = Array.from(word);
  return letters.length < 2 ? [] : places(letters, span).map((at) => splice(letters, at, 1));
};

/** The word with `what` before each place that may be touched and, where the end is free, behind the last letter. */
export const insertions = (word: string, span: Span, what: (at: number) => string): readonly string[] => {
  const letters = Array.from(word);
  // With an inner span: between any two letters.
  const ends = span.end === 0 ? letters.length + 1 : letters.length - span.end + 1;
  return Array.from({ length: Math.max(0, ends - span.from) }, (_, at) => span.from + at)
    .filter((at) => at <= letters.length)
    .map((at) => splice(letters, at, 0, what(at)));
};

/** Every word in which one letter became one beside it on the keyboard. */
export const keyboardSlips = (word: string, span: Span): readonly string[] => {
  const letters = Array.from(word);
  return places(letters, span).flatMap((at) =>
    besideOnKeyboard(letters[at]!.toLowerCase()).map((key) => splice(letters, at, 1, inCaseOf(letters[at]!, key))),
  );
};

/** The word with one random place replaced by another random letter; empty when nothing may be touched. */
export const substitution = (word: string, span: Span, random: Random): readonly string[] => {
  const letters = Array.from(word);
  const free = places(letters, span);
  if (free.length === 0) return [];
  const at = free[random.integer(free.length)]!;
  const others = [...alphabet].filter((letter) => letter !== letters[at]!.toLowerCase());
  return [splice(letters, at, 1, inCaseOf(letters[at]!, others[random.integer(others.length)]!))];
};

/** A random letter. */
export const anyLetter = (random: Random): string => alphabet[random.integer(alphabet.length)]!;

/** One of a list by chance, as a list; empty of none. */
export const oneOf = <T>(some: readonly T[], random: Random): readonly T[] =>
  some.length === 0 ? [] : [some[random.integer(some.length)]!];
