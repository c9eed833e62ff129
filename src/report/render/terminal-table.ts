import type { Block, Cell, Column } from '../blocks.ts';
import { clip, visible } from '../text.ts';
import { pad, widthOf, wrap } from './width.ts';

export type Table = Extract<Block, { kind: 'table' }>;

const gap = 2;
const signs = { pass: '✓ ', fail: '✗ ', undecided: '? ', neutral: '' } as const;

/** The text of a cell on one line, or value and interval on two. */
const textOf = (cell: Cell, stacked: boolean): string[] => {
  switch (cell.kind) {
    case 'text':
      return [`${cell.tag === undefined ? '' : `${visible(cell.tag)} `}${visible(cell.text)}`];
    case 'data':
      return [clip(visible(cell.text), 160)];
    case 'verdict':
      return [`${signs[cell.tone]}${visible(cell.text)}`];
    case 'none':
      return ['–'];
    case 'number': {
      const text = `${signs[cell.tone ?? 'neutral']}${cell.text}`;
      if (cell.interval === undefined) return [text];
      return stacked ? [text, cell.interval] : [`${text} ${cell.interval}`];
    }
  }
};

const headOf = ({ title, unit }: Column): string => visible(unit === undefined ? title : `${title} (${unit})`);

const longestWord = (text: string): number => Math.max(...text.split(' ').map(widthOf));

interface Sized {
  readonly column: Column;
  readonly index: number;
  readonly natural: number;
  readonly least: number;
}

/** Columns, by place, whose intervals stand below their numbers. */
type Stacked = ReadonlySet<number>;

const sizes = (table: Table, stacked: Stacked): Sized[] =>
  table.columns.map((column, index) => {
    const cells = table.rows.flatMap((row) => textOf(row[index] ?? { kind: 'none' }, stacked.has(index)));
    const widest = Math.max(...cells.map(widthOf), 1);
    const head = headOf(column);
    if (column.align === 'end' || cells.every((text) => widthOf(text) <= 12)) {
      const width = Math.max(widest, longestWord(head));
      return { column, index, natural: Math.max(width, widthOf(head)), least: width };
    }
    // An interval never breaks.
    const whole = table.rows.flatMap((row) => (row[index]?.kind === 'number' ? textOf(row[index], true) : []));
    const least = Math.max(Math.min(widest, column.wide === true ? 24 : 12), ...whole.map(widthOf));
    return { column, index, natural: Math.max(widest, longestWord(head)), least: Math.max(least, longestWord(head)) };
  });

/** Column widths that fit, the room shared by those that want more; null when even the least widths do not fit. */
const fit = (columns: readonly Sized[], width: number): number[] | null => {
  let room = width - gap * (columns.length - 1) - columns.reduce((sum, { least }) => sum + least, 0);
  if (room < 0) return null;
  const widths = columns.map(({ least }) => least);
  // Narrow columns first: they are content soonest.
  const order = columns.map((_, index) => index).sort((a, b) => columns[a]!.natural - columns[b]!.natural);
  order.forEach((at, position) => {
    const share = Math.floor(room / (order.length - position));
    const more = Math.min(columns[at]!.natural - columns[at]!.least, share);
    widths[at]! += more;
    room -= more;
  });
  return widths;
};

/** Columns in groups that fit, each with the first column again. */
const groups = (columns: readonly Sized[], width: number): Sized[][] => {
  const [start, ...rest] = columns;
  const widest = Math.max(0, ...rest.map(({ least }) => least));
  const first = { ...start!, least: Math.min(start!.natural, 24, Math.max(10, width - gap - widest)) };
  const result: Sized[][] = [];
  for (const column of rest) {
    const last = result.at(-1);
    if (last !== undefined && fit([...last, column], width) !== null) last.push(column);
    else result.push([first, column]);
  }
  return result.length === 0 ? [[first]] : result;
};

export interface Paint {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly tone: (tone: 'pass' | 'fail' | 'undecided' | 'neutral', text: string) => string;
}

const paintCell = (cell: Cell, text: string, paint: Paint): string => {
  if (cell.kind === 'verdict' || (cell.kind === 'number' && cell.tone !== undefined))
    return paint.tone(cell.tone ?? 'neutral', text);
  if (cell.kind === 'text' && cell.strong === true) return paint.strong(text);
  return text;
};

/** Color the text, not the room beside it. */
const padded = (text: string, color: (text: string) => string, width: number, align: 'start' | 'end'): string => {
  const room = ' '.repeat(Math.max(0, width - widthOf(text)));
  const painted = text === '' ? '' : color(text);
  return align === 'start' ? painted + room : room + painted;
};

const rowLines = (
  row: readonly Cell[],
  columns: readonly Sized[],
  widths: readonly number[],
  stacked: Stacked,
  paint: Paint,
): string[] => {
  const cells = columns.map(({ index }, at) => {
    const cell = row[index] ?? ({ kind: 'none' } as const);
    const width = widths[at]!;
    const fits = textOf(cell, stacked.has(index)).every((text) => widthOf(text) <= width);
    return { cell, lines: textOf(cell, stacked.has(index) || !fits).flatMap((text) => wrap(text, width)) };
  });
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map(({ cell, lines }, at) =>
        padded(lines[line] ?? '', (text) => paintCell(cell, text, paint), widths[at]!, columns[at]!.column.align),
      )
      .join(' '.repeat(gap))
      .trimEnd(),
  );
};

/** What stands below a row. What passed needs no words unless everything is asked for. */
const detailsOf = (row: readonly Cell[], full: boolean): string[] =>
  !full && row.some((cell) => cell.kind === 'verdict' && cell.tone === 'pass')
    ? []
    : row.flatMap((cell) => ('detail' in cell ? (cell.detail ?? []) : [])).map(visible);

const part = (
  table: Table,
  columns: readonly Sized[],
  widths: readonly number[],
  width: number,
  stacked: Stacked,
  withDetails: boolean,
  full: boolean,
  paint: Paint,
): string[] => {
  const heads = columns.map(({ column }, at) => wrap(headOf(column), widths[at]!));
  const height = Math.max(...heads.map((lines) => lines.length));
  const lines: string[] = [];
  for (let line = 0; line < height; line++)
    lines.push(
      paint.strong(
        heads
          .map((head, at) => pad(head[line - (height - head.length)] ?? '', widths[at]!, columns[at]!.column.align))
          .join(' '.repeat(gap))
          .trimEnd(),
      ),
    );
  lines.push(paint.dim(widths.map((one) => '─'.repeat(one)).join(' '.repeat(gap))));
  const spacious = withDetails && table.rows.some((row) => detailsOf(row, full).length > 0);
  table.rows.forEach((row, index) => {
    lines.push(...rowLines(row, columns, widths, stacked, paint));
    if (withDetails)
      for (const detail of detailsOf(row, full))
        lines.push(...wrap(detail, width - 4).map((text) => paint.dim(`    ${text}`)));
    if (spacious && index < table.rows.length - 1) lines.push('');
  });
  return lines;
};

/** No column, then more and more of those with intervals, the ones with the fewest first: so few rows as possible need two lines. */
const ways = (table: Table): Stacked[] => {
  const intervals = (index: number): number =>
    table.rows.filter((row) => row[index]?.kind === 'number' && textOf(row[index], true).length > 1).length;
  const order = [...table.columns.keys()]
    .filter((index) => intervals(index) > 0)
    .sort((a, b) => intervals(a) - intervals(b));
  return [...Array(order.length + 1).keys()].map((count) => new Set(order.slice(0, count)));
};

/** A table in at most `width` columns: on one line a row when it fits, then with intervals below their numbers in as many columns as it takes,
 *  then in several parts that repeat the first column. */
export const tableLines = (table: Table, width: number, paint: Paint, full = true): string[] => {
  if (table.columns.length === 0) return [];
  const all = ways(table);
  for (const stacked of all) {
    const columns = sizes(table, stacked);
    const widths = fit(columns, width);
    if (widths !== null) return part(table, columns, widths, width, stacked, true, full, paint);
  }
  const stacked = width < 60 ? all.at(-1)! : new Set<number>();
  const parts = groups(sizes(table, stacked), width);
  return parts.flatMap((columns, index) => {
    const widths = fit(columns, width) ?? columns.map(({ least }) => Math.min(least, width));
    const lines = part(table, columns, widths, width, stacked, index === parts.length - 1, full, paint);
    return index === 0 ? lines : ['', ...lines];
  });
};
