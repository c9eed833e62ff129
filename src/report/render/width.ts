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

/** Where a long word may break: after a slash, a bracket, a comma. */
const breath = /(?<=[/(=_,+:)-])(?=[^/(=_,+:)\s-])/;

/** Parts of a word that is longer than a line: at its own seams, or anywhere. */
const cut = (word: string, width: number): string[] =>
  word.split(breath).flatMap((piece) => {
    if (widthOf(piece) <= width) return [piece];
    const parts: string[] = [];
    let part = '';
    let used = 0;
    for (const character of piece) {
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
  });

/** A number and its unit stay together, and the two ends of an interval. */
const spaces = /(?<!\[[+−]?[\d.,]+,)(?:(?<!\d) +| +(?!(?:%|ms|s|kB|MB|GB|points?)(?:[^\p{L}\d]|$)))/u;

/** Break a text at spaces into lines of at most `width` columns; longer words are cut. Never empty. */
export const wrap = (text: string, width: number): string[] => {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const add = (piece: string, gap: string): void => {
    const size = widthOf(piece);
    if (line !== '' && used + gap.length + size > room) {
      lines.push(line);
      line = piece;
      used = size;
      return;
    }
    line += line === '' ? piece : gap + piece;
    used += size + (line === piece ? 0 : gap.length);
  };
  for (const word of text.split(spaces)) {
    if (widthOf(word) <= room) add(word, ' ');
    else cut(word, room).forEach((piece, index) => add(piece, index === 0 ? ' ' : ''));
  }
  return [...lines, line];
};
