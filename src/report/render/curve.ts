import type { Axis, Curve } from '../blocks.ts';
import { fixed } from '../numbers.ts';
import { escapeHtml } from './escape.ts';
import { tickDecimals, ticksOf, type Range } from './frame.ts';
import { pad, widthOf } from './width.ts';

const rangeOf = (values: readonly number[], ticks: number, floor?: number): Range => {
  const finite = values.filter((value) => Number.isFinite(value));
  let [low, high] = finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  const size = high - low > 0 ? high - low : Math.max(Math.abs(high), 1) * 0.2;
  low = floor ?? low - size * 0.08;
  high += size * 0.08;
  return { low, high, ticks: ticksOf(low, high, ticks) };
};

const frameOf = ({ dots, steps, end }: Curve, ticksX: number, ticksY: number): { x: Range; y: Range } => ({
  x: rangeOf([...dots.map(({ x }) => x), end], ticksX, 0),
  y: rangeOf([...dots.map(({ y }) => y), ...steps.map(({ y }) => y)], ticksY),
});

const axisTitle = ({ label, unit, better }: Axis): string =>
  `${label}${unit === '' ? '' : ` (${unit})`}${better === null ? '' : `, ${better} is better`}`;

const place = (value: number, { low, high }: Range, cells: number): number =>
  Math.min(cells - 1, Math.max(0, Math.round(((value - low) / (high - low)) * (cells - 1))));

/** The curve in characters: ─ the best so far, ● a try that made it better, ○ one that seems to meet every condition, × one that does not.
 *  At most `width` columns. */
export const curveText = (curve: Curve, width: number): string[] => {
  const rows = 11;
  const frame = frameOf(curve, 6, 4);
  const decimalsY = tickDecimals(frame.y.ticks);
  const labels = new Map(frame.y.ticks.map((tick) => [rows - 1 - place(tick, frame.y, rows), fixed(tick, decimalsY)]));
  const left = Math.max(...[...labels.values()].map(widthOf), 1) + 1;
  const columns = Math.max(20, Math.min(64, width - left - 2));
  const grid = Array.from({ length: rows }, () => Array<string>(columns).fill(' '));
  const put = (x: number, y: number, mark: string): void => {
    grid[rows - 1 - place(y, frame.y, rows)]![place(x, frame.x, columns)] = mark;
  };
  for (const [index, { x, y }] of curve.steps.entries()) {
    const until = curve.steps[index + 1]?.x ?? curve.end;
    const row = grid[rows - 1 - place(y, frame.y, rows)]!;
    row.fill('─', place(x, frame.x, columns), place(until, frame.x, columns) + 1);
  }
  for (const { x, y, qualifies } of curve.dots) put(x, y, qualifies ? '○' : '×');
  for (const { x, y } of curve.steps) put(x, y, '●');
  const decimalsX = tickDecimals(frame.x.ticks);
  let axis = '';
  for (const tick of frame.x.ticks) {
    const text = fixed(tick, decimalsX);
    const at = left + 2 + place(tick, frame.x, columns) - Math.floor(text.length / 2);
    if (at + text.length <= left + 2 + columns && (axis === '' || at > widthOf(axis))) axis = pad(axis, at) + text;
  }
  return [
    axisTitle(curve.y),
    ...grid.map((row, index) => `${pad(labels.get(index) ?? '', left, 'end')} ┤${row.join('').trimEnd()}`),
    `${' '.repeat(left + 1)}└${'─'.repeat(columns)}`,
    axis,
    `${' '.repeat(left + 2)}${axisTitle(curve.x)}`,
    '─ best so far, ● better than all before',
    '○ seems to meet every condition, × does not',
  ];
};

const n = (value: number): string => String(Math.round(value * 10) / 10);

/** The curve as one SVG element of `width` × `height` CSS pixels. `id` must be unique on the page. */
export const curveSvg = (curve: Curve, width: number, height: number, id: string): string => {
  const narrow = width < 500;
  const frame = frameOf(curve, narrow ? 4 : 7, 4);
  const area = { left: 56, right: width - 16, top: 28, bottom: height - 52 };
  const toX = (value: number): number =>
    area.left + ((value - frame.x.low) / (frame.x.high - frame.x.low)) * (area.right - area.left);
  const toY = (value: number): number =>
    area.bottom - ((value - frame.y.low) / (frame.y.high - frame.y.low)) * (area.bottom - area.top);
  const [decimalsX, decimalsY] = [tickDecimals(frame.x.ticks), tickDecimals(frame.y.ticks)];
  const out: string[] = [];
  for (const tick of frame.x.ticks)
    out.push(
      `<line class="grid" x1="${n(toX(tick))}" x2="${n(toX(tick))}" y1="${area.top}" y2="${area.bottom}"/>` +
        `<text class="tick" x="${n(toX(tick))}" y="${area.bottom + 17}" text-anchor="middle">${fixed(tick, decimalsX)}</text>`,
    );
  for (const tick of frame.y.ticks)
    out.push(
      `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${n(toY(tick))}" y2="${n(toY(tick))}"/>` +
        `<text class="tick" x="${area.left - 8}" y="${n(toY(tick) + 4)}" text-anchor="end">${fixed(tick, decimalsY)}</text>`,
    );
  out.push(`<path class="axis" d="M${area.left} ${area.top}V${area.bottom}H${area.right}"/>`);
  const [first, ...more] = curve.steps;
  if (first !== undefined)
    out.push(
      `<path class="best-line" d="M${n(toX(first.x))} ${n(toY(first.y))}${more.map(({ x, y }) => `H${n(toX(x))}V${n(toY(y))}`).join('')}H${n(toX(curve.end))}"/>`,
    );
  for (const { x, y, name, qualifies } of curve.dots)
    out.push(
      `<g transform="translate(${n(toX(x))} ${n(toY(y))})"><title>${escapeHtml(name)}</title>${
        qualifies
          ? '<circle class="mark front" r="4"/>'
          : '<path class="mark fails" d="M-3.5-3.5L3.5 3.5M-3.5 3.5L3.5-3.5"/>'
      }</g>`,
    );
  const unit = ({ unit: one }: Axis): string => (one === '' ? '' : ` (${one})`);
  const cut = (text: string, length: number): string =>
    text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
  const better = curve.y.better === null ? '' : curve.y.better === 'high' ? '↑ better' : '↓ better';
  out.push(
    `<text class="label" x="${area.left}" y="${height - 10}">${escapeHtml(cut(`${curve.x.label}${unit(curve.x)}`, narrow ? 36 : 90))}</text>`,
    `<text class="label" x="${narrow ? 4 : 8}" y="16">${escapeHtml(cut(`${curve.y.label}${unit(curve.y)}`, narrow ? 40 : 90))}</text>`,
    `<text class="good" x="${area.right}" y="16" text-anchor="end">${narrow ? '' : better}</text>`,
  );
  return (
    `<svg class="plot ${narrow ? 'narrow' : 'broad'}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">` +
    `<title id="${id}-t">${escapeHtml(curve.title)}</title><desc id="${id}-d">${escapeHtml(curve.description)}</desc>${out.join('')}</svg>`
  );
};
