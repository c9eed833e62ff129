import type { Axis, Role, Scatter } from '../blocks.ts';
import { fixed } from '../numbers.ts';
import { beyond, frameOf, tickDecimals, type Range } from './frame.ts';
import { pad, widthOf } from './width.ts';

const place = (value: number, { low, high }: Range, cells: number): number =>
  Math.min(cells - 1, Math.max(0, Math.round(((value - low) / (high - low)) * (cells - 1))));

const axisTitle = ({ label, unit, better }: Axis): string =>
  `${label}${unit === '' ? '' : ` (${unit})`}${better === null ? '' : `, ${better} is better`}`;

const markOf = (role: Role, tag: string): string => (role === 'baseline' ? '◆' : role === 'chosen' ? `${tag}*` : tag);

/** The scatter plot in characters: one letter a version, ◆ the original. Intervals are left to the tables.
 *  At most `width` columns. */
export const plotText = (scatter: Scatter, width: number): string[] => {
  const rows = 13;
  const frame = frameOf(scatter, 6, 5);
  const decimalsY = tickDecimals(frame.y.ticks);
  const labelsY = new Map(frame.y.ticks.map((tick) => [rows - 1 - place(tick, frame.y, rows), fixed(tick, decimalsY)]));
  const left = Math.max(...[...labelsY.values()].map(widthOf)) + 1;
  const columns = Math.max(20, Math.min(64, width - left - 2));
  const grid = Array.from({ length: rows }, () => Array<string>(columns).fill(' '));
  for (const { axis, value } of scatter.limits) {
    if (axis === 'y') grid[rows - 1 - place(value, frame.y, rows)]!.fill('╌');
    else for (const row of grid) row[place(value, frame.x, columns)] = '╎';
  }
  for (const point of scatter.points) {
    const row = grid[rows - 1 - place(point.y.value, frame.y, rows)]!;
    const mark = markOf(point.role, point.tag);
    const at = Math.min(place(point.x.value, frame.x, columns), columns - mark.length);
    // Versions on the same spot stand side by side.
    let free = at;
    while (free < columns - 1 && !' ╌╎'.includes(row[free]!)) free += 1;
    [...mark].forEach((character, index) => (row[Math.min(columns - 1, free + index)] = character));
  }
  const lines = [
    axisTitle(scatter.y),
    ...grid.map((row, index) => `${pad(labelsY.get(index) ?? '', left, 'end')} ┤${row.join('').trimEnd()}`),
    `${' '.repeat(left + 1)}└${'─'.repeat(columns)}`,
  ];
  const decimalsX = tickDecimals(frame.x.ticks);
  let axis = ' '.repeat(left + 2);
  for (const tick of frame.x.ticks) {
    const text = fixed(tick, decimalsX);
    const at = left + 2 + place(tick, frame.x, columns) - Math.floor(text.length / 2);
    if (at > widthOf(axis) || axis.trim() === '') axis = pad(axis.trimEnd(), Math.max(0, at)) + text;
  }
  lines.push(axis, `${' '.repeat(left + 2)}${axisTitle(scatter.x)}`);
  const far = beyond(scatter, frame).map(({ tag, name }) => (tag === '' ? name : tag));
  const keys = [
    '◆ original',
    ...(scatter.points.some(({ role }) => role === 'chosen') ? ['* chosen'] : []),
    ...(scatter.limits.length > 0 ? ['╌ ╎ condition'] : []),
    'letters: versions, see the table below',
  ];
  lines.push(`${keys.join(', ')}${far.length > 0 ? `; beyond the edge: ${far.join(', ')}` : ''}`);
  return lines;
};
