// Tables that are both: readable in a terminal and Markdown to paste.

/** An aligned Markdown table. The first column is left, the others as they come. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const clean = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')));
  const widths = head.map((_, at) => Math.max(3, ...clean.map((row) => [...(row[at] ?? '')].length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, at) => (row[at] ?? '') + ' '.repeat(width - [...(row[at] ?? '')].length)).join(' | ')} |`;
  return [
    line(clean[0]!),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...clean.slice(1).map(line),
  ].join('\n');
};

export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The other way round: 0.5 [0.4, 0.6] → 2 [1.67, 2.5]. */
export const inverse = ({ value, low, high }: Ratio): Ratio => ({ value: 1 / value, low: 1 / high, high: 1 / low });

export const times = ({ value, low, high }: Ratio, digits = 2): string =>
  Number.isFinite(low) && Number.isFinite(high)
    ? `${value.toFixed(digits)}× [${low.toFixed(digits)}, ${high.toFixed(digits)}]`
    : `${value.toFixed(digits)}× [too few rounds]`;

export const megabytes = (bytes: number): string => {
  const mb = bytes / 1e6;
  return `${mb < 100 ? mb.toFixed(1) : mb.toFixed(0)} MB`;
};

export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;

export const seconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} s`;
