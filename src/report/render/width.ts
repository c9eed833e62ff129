/** Ranges of characters that take two columns on a terminal. Source: Unicode East Asian Width W and F, coarse; emoji included. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
const takesNone = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u;

const isWide = (code: number): boolean => wide.some(([low, high]) => code >= low && code <= high);

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x300) width += 1;
    else if (!takesNone.test(character)) width += isWide(code) ? 2 : 1;
  }
  return width;
};

/** Fill up to `width` columns, on the right or (numbers) on the left. */
export const pad = (text: string, width: number, align: 'start' | 'end' = 'start'): string => {
  const room = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'start' ? text + room : room + text;
};

/** Cut a word that is longer than a line. */
const cut = (word: string, width: number): string[] => {
  const parts: string[] = [];
  let part = '';
  let used = 0;
  for (const character of word) {
    const one = widthOf(character);
    if (used + one > width && part !== '') {
      parts.push(part);
      part = '';
      used = 0;
    }
    part += character;
    used += one;
  }
  return [...parts, part];
};

/** Break a text at spaces into lines of at most `width` columns; longer words are cut. Never empty. */
export const wrap = (text: string, width: number): string[] => {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const word of text.split(/ +/)) {
    const size = widthOf(word);
    if (line !== '' && used + 1 + size <= room) {
      line += ` ${word}`;
      used += 1 + size;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = size > room ? cut(word, room) : [word];
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1)!;
    used = widthOf(line);
  }
  return [...lines, line];
};
