/** Lines longer than `columns` broken at spaces, each going on under its beginning, two further in; words that are longer stay whole. A line that
 *  fits is left exactly as it is.
 *  Units: columns in characters; below 40 nothing is broken. */
export const fold = (text: string, columns: number): string =>
  columns < 40
    ? text
    : text
        .split('\n')
        .flatMap((line) => (line.length <= columns ? [line] : broken(line, columns)))
        .join('\n');

const broken = (line: string, columns: number): string[] => {
  const margin = /^ */.exec(line)![0];
  const [first = '', ...words] = line.trim().split(' ');
  const lines = [margin + first];
  for (const word of words) {
    const last = lines.at(-1)!;
    if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${margin}  ${word}`);
  }
  return lines.map((one) => one.trimEnd());
};

/** What a command prints: folded on a terminal, as it is in a pipe or a file, where tools read lines. */
export const print = (text: string): void => {
  const { isTTY, columns } = process.stdout;
  process.stdout.write(`${isTTY === true ? fold(text, columns) : text}\n`);
};
