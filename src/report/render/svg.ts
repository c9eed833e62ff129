import type { Role, Scatter } from '../blocks.ts';
import { fixed } from '../numbers.ts';
import { escapeHtml } from './escape.ts';
import { frameOf, tickDecimals } from './frame.ts';

/** Outlines around (0, 0): every role has a shape of its own, so that color is never needed. */
const shapes: Readonly<Record<Role, string>> = {
  baseline: 'M0-7L7 0L0 7L-7 0Z',
  chosen: 'M0-9L2.6-3.2L8.9-2.6L4.2 1.6L5.6 7.8L0 4.6L-5.6 7.8L-4.2 1.6L-8.9-2.6L-2.6-3.2Z',
  front: 'M-6 0A6 6 0 1 0 6 0A6 6 0 1 0-6 0Z',
  passes: 'M-5.5-5.5H5.5V5.5H-5.5Z',
  undecided: 'M0-7L7 5.5H-7Z',
  fails: 'M-5-5L5 5M-5 5L5-5',
};

export const roleNames: Readonly<Record<Role, string>> = {
  baseline: 'original',
  chosen: 'chosen',
  front: 'meets every condition, not beaten in everything',
  passes: 'meets every condition, but beaten',
  undecided: 'not proven',
  fails: 'fails a condition',
};

const mark = (role: Role): string => `<path class="mark ${role}" d="${shapes[role]}"/>`;

/** The legend's sample of a role. */
export const markSvg = (role: Role): string =>
  `<svg class="key" viewBox="-10 -10 20 20" width="20" height="20" aria-hidden="true" focusable="false">${mark(role)}</svg>`;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const n = (value: number): string => String(Math.round(value * 10) / 10);

/** Letters beside their points, where the least is in the way. */
const placeLabels = (
  points: readonly { readonly x: number; readonly y: number; readonly text: string }[],
  area: Box,
): { x: number; y: number }[] => {
  const taken: Box[] = points.map(({ x, y }) => ({ x: x - 8, y: y - 8, width: 16, height: 16 }));
  return points.map(({ x, y, text }) => {
    const width = text.length * 8 + 2;
    const spots = [
      [10, -18],
      [10, 4],
      [-10 - width, -18],
      [-10 - width, 4],
      [-width / 2, -26],
      [-width / 2, 12],
      [24, -7],
      [-24 - width, -7],
    ].map(([dx, dy]) => ({ x: x + dx!, y: y + dy!, width, height: 14 }));
    const cost = (box: Box): number =>
      taken.reduce((sum, other) => sum + overlap(box, other), 0) + (width * 14 - overlap(box, area)) * 3;
    const best = spots.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    taken.push(best);
    return { x: best.x, y: best.y + 12 };
  });
};

/** A scatter plot with interval bars as one SVG element, `width` × `height` units, which are CSS pixels at full size.
 *  `id` must be unique on the page. Points beyond the frame stand at its edge with an arrow. */
export const scatterSvg = (scatter: Scatter, width: number, height: number, id: string): string => {
  const narrow = width < 500;
  const margin = { left: 56, right: 16, top: 28, bottom: 52 };
  const frame = frameOf(scatter, narrow ? 4 : 7, 5);
  const area: Box = {
    x: margin.left,
    y: margin.top,
    width: width - margin.left - margin.right,
    height: height - margin.top - margin.bottom,
  };
  const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
  const toX = (value: number): number =>
    area.x + ((clamp(value, frame.x.low, frame.x.high) - frame.x.low) / (frame.x.high - frame.x.low)) * area.width;
  const toY = (value: number): number =>
    area.y +
    area.height -
    ((clamp(value, frame.y.low, frame.y.high) - frame.y.low) / (frame.y.high - frame.y.low)) * area.height;
  const bottom = area.y + area.height;
  const right = area.x + area.width;
  const out: string[] = [];
  const [decimalsX, decimalsY] = [tickDecimals(frame.x.ticks), tickDecimals(frame.y.ticks)];
  for (const tick of frame.x.ticks)
    out.push(
      `<line class="grid" x1="${n(toX(tick))}" x2="${n(toX(tick))}" y1="${area.y}" y2="${n(bottom)}"/>` +
        `<text class="tick" x="${n(toX(tick))}" y="${n(bottom + 17)}" text-anchor="middle">${fixed(tick, decimalsX)}</text>`,
    );
  for (const tick of frame.y.ticks)
    out.push(
      `<line class="grid" x1="${area.x}" x2="${n(right)}" y1="${n(toY(tick))}" y2="${n(toY(tick))}"/>` +
        `<text class="tick" x="${area.x - 8}" y="${n(toY(tick) + 4)}" text-anchor="end">${fixed(tick, decimalsY)}</text>`,
    );
  for (const { axis, value, label } of scatter.limits) {
    const at = axis === 'x' ? toX(value) : toY(value);
    out.push(
      axis === 'x'
        ? `<line class="limit" x1="${n(at)}" x2="${n(at)}" y1="${area.y}" y2="${n(bottom)}"/><text class="limit-text" x="${n(at - 5)}" y="${area.y + 12}" text-anchor="end">${escapeHtml(label)}</text>`
        : `<line class="limit" x1="${area.x}" x2="${n(right)}" y1="${n(at)}" y2="${n(at)}"/><text class="limit-text" x="${n(area.x + 4)}" y="${n(at + 14)}">${escapeHtml(label)}</text>`,
    );
  }
  out.push(`<path class="axis" d="M${area.x} ${area.y}V${n(bottom)}H${n(right)}"/>`);
  // The chosen one is drawn last: nothing may cover it.
  const points = scatter.points
    .toSorted((a, b) => Number(a.role === 'chosen') - Number(b.role === 'chosen'))
    .map((point) => ({
      ...point,
      at: {
        x: clamp(
          toX(point.x.value),
          area.x + (point.x.value < frame.x.low ? 18 : 0),
          right - (point.x.value > frame.x.high ? 18 : 0),
        ),
        y: clamp(
          toY(point.y.value),
          area.y + (point.y.value > frame.y.high ? 18 : 0),
          bottom - (point.y.value < frame.y.low ? 18 : 0),
        ),
      },
      beyondX: point.x.value < frame.x.low || point.x.value > frame.x.high,
      beyondY: point.y.value < frame.y.low || point.y.value > frame.y.high,
    }));
  const labels = placeLabels(
    points.map(({ at, tag, name }) => ({ ...at, text: tag === '' ? name : tag })),
    area,
  );
  points.forEach((point, index) => {
    const { at, x, y, role, tag, name } = point;
    const bars =
      (x.low === x.high || point.beyondX
        ? ''
        : `<path class="bar" d="M${n(toX(x.low))} ${n(at.y)}H${n(toX(x.high))}"/>`) +
      (y.low === y.high || point.beyondY
        ? ''
        : `<path class="bar" d="M${n(at.x)} ${n(toY(y.low))}V${n(toY(y.high))}"/>`);
    const arrow = point.beyondY
      ? `<path class="bar" d="${y.value < frame.y.low ? 'M-4 9L0 14L4 9' : 'M-4-9L0-14L4-9'}" transform="translate(${n(at.x)} ${n(at.y)})"/>`
      : point.beyondX
        ? `<path class="bar" d="${x.value < frame.x.low ? 'M-9-4L-14 0L-9 4' : 'M9-4L14 0L9 4'}" transform="translate(${n(at.x)} ${n(at.y)})"/>`
        : '';
    const label = labels[index]!;
    out.push(
      `<g><title>${escapeHtml(`${tag === '' ? '' : `${tag}: `}${name} (${roleNames[role]})`)}</title>${bars}${arrow}` +
        `<g transform="translate(${n(at.x)} ${n(at.y)})">${mark(role)}</g>` +
        `<text class="tag${role === 'chosen' ? ' strong' : ''}" x="${n(label.x)}" y="${n(label.y)}">${escapeHtml(tag === '' ? name : tag)}</text></g>`,
    );
  });
  const arrowX = scatter.x.better === null ? '' : scatter.x.better === 'low' ? '← better' : 'better →';
  const arrowY = scatter.y.better === null ? '' : scatter.y.better === 'high' ? '↑ better' : '↓ better';
  const unitOf = (unit: string): string => (unit === '' ? '' : ` (${unit})`);
  out.push(
    `<text class="label" x="${n(scatter.x.better === 'low' ? area.x + 76 : area.x)}" y="${height - 10}">${escapeHtml(fitted(`${scatter.x.label}${unitOf(scatter.x.unit)}`, narrow ? 36 : 90))}</text>`,
    `<text class="good" x="${n(scatter.x.better === 'low' ? area.x : right)}" y="${height - 10}" text-anchor="${scatter.x.better === 'low' ? 'start' : 'end'}">${arrowX}</text>`,
    `<text class="label" x="${narrow ? 4 : 8}" y="16">${escapeHtml(fitted(`${scatter.y.label}${unitOf(scatter.y.unit)}`, narrow ? 40 : 90))}</text>`,
    `<text class="good" x="${n(right)}" y="16" text-anchor="end">${narrow ? '' : arrowY}</text>`,
  );
  return (
    `<svg class="plot ${narrow ? 'narrow' : 'broad'}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">` +
    `<title id="${id}-t">${escapeHtml(scatter.title)}</title><desc id="${id}-d">${escapeHtml(scatter.description)}</desc>${out.join('')}</svg>`
  );
};

const fitted = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
