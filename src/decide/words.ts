import type { MetricSpec, Unit } from '../contracts/index.ts';

const sign = (value: number, text: string): string => (value < 0 ? `−${text}` : text);

const plain = (value: number, digits = 3): string => {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(size).toLocaleString('en-US');
  return String(Number(size.toPrecision(digits)));
};

/** A value in its unit for a sentence: 0.953 → "95.3 %", 1234567 bytes → "1.23 MB". */
export const inUnit = (value: number, unit: Unit): string => {
  if (!Number.isFinite(value)) return String(value);
  switch (unit) {
    case 'proportion':
      return sign(value, `${plain(value * 100)} %`);
    case 'ratio':
      return `${plain(value)}×`;
    case 'bytes': {
      const units = ['B', 'kB', 'MB', 'GB', 'TB'];
      let size = Math.abs(value);
      let at = 0;
      while (size >= 999.5 && at < units.length - 1) {
        size /= 1000;
        at++;
      }
      return sign(value, `${plain(size)} ${units[at]!}`);
    }
    case 'score':
    case 'count':
      return sign(value, plain(value));
    case 'cpu-ms/request':
      return sign(value, `${plain(value)} CPU ms a request`);
    case 'currency/million requests':
      return sign(value, `${plain(value)} a million requests`);
    default:
      return sign(value, `${plain(value)} ${unit}`);
  }
};

const pointsOf = (value: number): string => {
  const points = plain(Math.abs(value) * 100);
  return `${points} ${points === '1' ? 'point' : 'points'}`;
};

/** A share for a sentence: 0.95 → "95 %". */
export const inPercent = (share: number): string => `${plain(share * 100, 6)} %`;

/** A difference or ratio against the original for a sentence: "0.4 points lower", "62 % lower", "the same". */
export const againstOriginal = (metric: MetricSpec, value: number): string => {
  if (metric.versus === 'ratio') {
    const change = value - 1;
    if (change === 0) return 'the same';
    return `${plain(change * 100)} % ${change > 0 ? 'higher' : 'lower'}`;
  }
  if (value === 0) return 'the same';
  const size = metric.unit === 'proportion' ? pointsOf(value) : inUnit(Math.abs(value), metric.unit);
  return `${size} ${value > 0 ? 'higher' : 'lower'}`;
};

/** A metric inside a sentence, singular: "macro F1", "CPU time", "share of changed answers". */
export const nounOf = ({ title, noun }: MetricSpec): string =>
  noun ?? (/^\p{Lu}(?!\p{Lu})/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title);

/** "accuracy", "accuracy for style=casual". */
export const named = (metric: MetricSpec, slice: string | undefined): string =>
  slice === undefined ? nounOf(metric) : `${nounOf(metric)} for ${slice}`;

/** What was found, as a sentence: "accuracy for style=casual is 95 %", "0 % of the answers changed". */
export const foundText = (metric: MetricSpec, slice: string | undefined, value: number): string => {
  const shown = inUnit(value, metric.unit);
  if (metric.found === undefined) return `${named(metric, slice)} is ${shown}`;
  return `${metric.found.replace('{}', () => shown)}${slice === undefined ? '' : ` for ${slice}`}`;
};

/** "1 version", "2,000 versions". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
