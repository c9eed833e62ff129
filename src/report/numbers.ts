import type { Unit } from '../contracts/index.ts';
import { grouped } from './text.ts';

/** Most significant figures of a number with an interval: a reader compares no finer than to a thousandth. */
const mostFigures = 4;

/** Decimals that an interval supports: its half-width keeps one figure, two when they are 15 or less; but no more than make four significant
 *  figures of the largest of the three. An exact or unbounded number keeps three significant figures. Negative: rounded to tens, hundreds, …; one step
 *  finer where one of the three would lose its last figure: −64 % must not become −100 %. */
export const decimalsFor = (value: number, low = value, high = value): number => {
  const half = (high - low) / 2;
  if (!Number.isFinite(half) || half <= 0) {
    if (value === 0 || !Number.isFinite(value)) return 0;
    return clamp(2 - Math.floor(Math.log10(Math.abs(value))), 0, 6);
  }
  const exponent = Math.floor(Math.log10(half));
  const leading = half / 10 ** exponent;
  const supported = leading < 1.6 ? 1 - exponent : -exponent;
  const largest = Math.max(Math.abs(value), Math.abs(low), Math.abs(high));
  const readable = mostFigures - 1 - Math.floor(Math.log10(largest));
  const smallest = Math.min(...[value, low, high].map(Math.abs).filter((size) => size >= 1), largest);
  const kept = Math.min(0, supported + 1, -Math.floor(Math.log10(smallest)));
  return clamp(Math.max(Math.min(supported, readable), kept), -12, 6);
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const formats: Intl.NumberFormat[] = [];

/** Making one takes longer than using it a hundred times. */
const formatOf = (decimals: number): Intl.NumberFormat =>
  (formats[decimals] ??= new Intl.NumberFormat('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }));

/** A number with this many decimals, thousands grouped, a true minus sign, and never "−0". */
export const fixed = (value: number, decimals: number): string => {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const step = 10 ** Math.max(0, -decimals);
  const rounded = Math.round(value / step) * step;
  const text = formatOf(Math.max(0, decimals)).format(decimals < 0 ? rounded : value);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace('-', '−');
};

/** As `fixed`, with "+" before what is above zero. */
export const signed = (value: number, decimals: number): string => {
  const text = fixed(value, decimals);
  return value > 0 && /[1-9∞]/.test(text) ? `+${text}` : text;
};

/** A number with its interval, both rounded to what the interval supports. */
export interface Shown {
  readonly text: string;
  readonly interval: string | undefined;
}
export const show = (
  value: number,
  low: number,
  high: number,
  format: (value: number, decimals: number) => string = fixed,
  least = -12,
): Shown => {
  const decimals = Math.max(least, decimalsFor(value, low, high));
  const exact = low === high;
  return {
    text: format(value, decimals),
    interval: exact ? undefined : `[${format(low, decimals)}, ${format(high, decimals)}]`,
  };
};

/** "2.9 [2.7, 3.1]" */
export const together = ({ text, interval }: Shown, unit = ''): string =>
  `${text}${unit}${interval === undefined ? '' : ` ${interval}`}`;

/** How a unit is shown: multiply by `factor`, write `label`. */
export interface Scale {
  readonly factor: number;
  readonly label: string;
  /** Fewest decimals: levels that are compared to a tenth of a point are shown to a tenth. */
  readonly least?: number;
}

const byteScales: readonly (readonly [number, string])[] = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'bytes'],
];

/** The scale for numbers up to `largest` in this unit. Bytes are decimal: 1 MB is 1,000,000 bytes. */
export const scaleOf = (unit: Unit, largest: number, currency: string | null): Scale => {
  switch (unit) {
    case 'proportion':
      return { factor: 100, label: '%', least: 1 };
    case 'bytes': {
      const [size, label] = byteScales.find(([one]) => Math.abs(largest) >= one) ?? byteScales.at(-1)!;
      return { factor: 1 / size, label };
    }
    case 'score':
      return { factor: 1, label: '', least: 3 };
    case 'count':
      return { factor: 1, label: '' };
    case 'ratio':
      return { factor: 1, label: '×' };
    case 'cpu-ms/request':
      return { factor: 1, label: 'ms' };
    case 'J/request':
      return { factor: 1, label: 'J' };
    case 'g/million requests':
      return { factor: 1, label: 'g' };
    case 'currency/month':
    case 'currency/million requests':
      return { factor: 1, label: currency ?? '' };
    case 'ms':
      return Math.abs(largest) >= 10_000 ? { factor: 1e-3, label: 's' } : { factor: 1, label: 'ms' };
    case 's':
    case 'nats':
    case 'requests/s':
      return { factor: 1, label: unit };
  }
};

/** The scale of a difference: proportions differ by points, not by per cent. */
export const differenceScale = (unit: Unit, largest: number, currency: string | null): Scale =>
  unit === 'proportion' ? { factor: 100, label: 'points' } : { ...scaleOf(unit, largest, currency), least: -12 };

/** "12 s", "4 min 10 s", "2 h 5 min". */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 1) return 'under 1 s';
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

/** "21.7 MB" */
export const bytes = (count: number): string => {
  const { factor, label } = scaleOf('bytes', count, null);
  const size = Number((count * factor).toPrecision(3));
  return `${grouped(size)} ${label}`;
};

/** A share in per cent: by its interval, or with two figures at least when it is exact ("71", "7.4", "99.6"). */
export const percent = (
  value: number,
  low: number,
  high: number,
  format: (value: number, decimals: number) => string = fixed,
): Shown => {
  if (low !== high) return show(value * 100, low * 100, high * 100, format);
  const size = Math.abs(value * 100);
  return { text: format(value * 100, size === 0 || (size >= 10 && size < 99) ? 0 : 1), interval: undefined };
};
