/** Lines of aligned columns, indented by two; `align` has one letter a column: l or r (default l). Control characters are shown as ?. */
export const columns = (rows: readonly (readonly string[])[], align = ''): string[] => {
  const clean = rows.map((row) => row.map((cell) => cell.replace(/[\u0000-\u001F\u007F-\u009F]/g, '?')));
  const widths: number[] = [];
  for (const row of clean)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return clean.map((row) =>
    `  ${row.map((cell, index) => (align[index] === 'r' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!))).join('  ')}`.trimEnd(),
  );
};
