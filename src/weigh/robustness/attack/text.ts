import type { Split, Text } from './types.ts';

/** Letters, digits and marks, joined by ' ’ - or _ ; a Chinese character is a word of its own. */
const word = /\p{Script=Han}|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’_-][\p{L}\p{M}\p{N}]+)*/gu;

/** Where the words of a text and its pair are. A text without words has none. */
export const split = ({ text, pair }: Text): Split => {
  const words: string[] = [];
  const fields: number[] = [];
  const gaps = (pair === undefined ? [text] : [text, pair]).map((content, field) => {
    const between: string[] = [];
    let end = 0;
    for (const { 0: found, index } of content.matchAll(word)) {
      between.push(content.slice(end, index));
      end = index + found.length;
      words.push(found);
      fields.push(field);
    }
    between.push(content.slice(end));
    return between;
  });
  return { words, fields, gaps };
};

/** The text with these words in place of its own, and where each word lies in its field. An empty word takes one neighboring space with it.
 *  Shapes: `words` has one entry per word of the split. */
export const layout = (
  { fields, gaps }: Split,
  words: readonly string[],
): { readonly text: Text; readonly spans: readonly (readonly [from: number, to: number])[] } => {
  const spans: (readonly [number, number])[] = [];
  let at = 0;
  const contents = gaps.map((between, field) => {
    let content = between[0]!;
    for (let next = 1; fields[at] === field; next++, at++) {
      const gap = between[next]!;
      spans.push([content.length, content.length + words[at]!.length]);
      if (words[at] !== '') content += words[at]! + gap;
      else if (content === '' || /\s$/.test(content)) content += gap.replace(/^\s/, '');
      else content += gap;
    }
    return /\s$/.test(between.at(-1)!) ? content : content.trimEnd();
  });
  return { text: contents.length === 1 ? { text: contents[0]! } : { text: contents[0]!, pair: contents[1]! }, spans };
};

/** The text with these words in place of its own. */
export const render = (parts: Split, words: readonly string[]): Text => layout(parts, words).text;

/** The same words but one. */
export const replaced = (words: readonly string[], at: number, by: string): readonly string[] => words.with(at, by);

/** One string per text, for maps. */
export const keyOf = ({ text, pair }: Text): string => (pair === undefined ? text : `${text}\0${pair}`);
