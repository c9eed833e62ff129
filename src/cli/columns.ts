import { visible } from '../report/text.ts';

/** Lines of aligned columns, indented by two; `align` has one letter a column: l or r (default l). Control characters are made visible. */
export const columns = (rows: readonly (readonly string[])[], align = ''): string[] => {
  const clean = rows.map((row) => row.map((cell) => visible(cell)));
  const widths: number[] = [];
  for (const row of clean)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return clean.map((row) =>
    `  ${row.map((cell, index) => (align[index] === 'r' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!))).join('  ')}`.trimEnd(),
  );
};
