import { SteelyardError, type Gate, type MetricSpec, type Unit } from '../../contracts/index.ts';

const scale: Record<string, { unit: Unit | 'fraction' | 'points'; factor: number }> = {
  ms: { unit: 'ms', factor: 1 },
  s: { unit: 'ms', factor: 1000 },
  us: { unit: 'ms', factor: 0.001 },
  µs: { unit: 'ms', factor: 0.001 },
  B: { unit: 'bytes', factor: 1 },
  kB: { unit: 'bytes', factor: 1e3 },
  KB: { unit: 'bytes', factor: 1e3 },
  MB: { unit: 'bytes', factor: 1e6 },
  GB: { unit: 'bytes', factor: 1e9 },
  KiB: { unit: 'bytes', factor: 1024 },
  MiB: { unit: 'bytes', factor: 1024 ** 2 },
  GiB: { unit: 'bytes', factor: 1024 ** 3 },
  '%': { unit: 'fraction', factor: 0.01 },
  pp: { unit: 'points', factor: 0.01 },
  '/s': { unit: 'requests/s', factor: 1 },
};

/** Units a user may write for a metric's own value. */
const accepted: Record<Unit, readonly string[]> = {
  proportion: ['%'],
  score: [],
  nats: [],
  ratio: ['%'],
  ms: ['ms', 's', 'us'],
  s: ['ms', 's'],
  bytes: ['kB', 'MB', 'GB', 'KiB', 'MiB', 'GiB'],
  'requests/s': ['/s'],
  'cpu-ms/request': ['ms', 's'],
  count: [],
  'currency/million requests': [],
  'currency/month': [],
  'J/request': [],
  'g/million requests': [],
};

const split = (raw: string | number): { value: number; suffix: string } | null => {
  if (typeof raw === 'number') return { value: raw, suffix: '' };
  const match = /^\s*(-?\d+(?:[_\d]*\d)?(?:\.\d+)?(?:e-?\d+)?)\s*([^\d\s]*)\s*$/i.exec(raw);
  if (match === null) return null;
  return { value: Number(match[1]!.replaceAll('_', '')), suffix: match[2]! };
};

/** Turn what the user wrote into a number in the metric's unit (for `at-most`, `at-least`), or into a difference or
 *  fraction against the baseline (for `worse-by-at-most`, `better-by-at-least`).
 *  Errors: `scenario/unit` naming the metric, what was given and which units fit. */
export const limitOf = (metric: MetricSpec, key: keyof typeof kinds, raw: string | number): Gate['limit'] => {
  const parts = split(raw);
  const relative = key === 'worse-by-at-most' || key === 'better-by-at-least';
  const fits = relative
    ? metric.versus === 'ratio'
      ? ['%']
      : metric.unit === 'proportion'
        ? ['pp']
        : accepted[metric.unit]
    : accepted[metric.unit];
  const complain = (): never => {
    const units = fits.length === 0 ? 'a plain number' : `a number with the unit ${fits.join(', ')}`;
    throw new SteelyardError(
      'scenario/unit',
      `${key} of "${metric.id}" is "${raw}", expected ${units}`,
      relative && metric.versus === 'difference' && metric.unit === 'proportion'
        ? 'write "1 pp" for one percentage point'
        : undefined,
    );
  };
  if (parts === null || !Number.isFinite(parts.value)) return complain();
  if (relative && metric.versus === 'none')
    throw new SteelyardError(
      'scenario/gate',
      `"${metric.id}" is not compared with the original: use at-most or at-least`,
    );
  let value = parts.value;
  if (parts.suffix === '') {
    if (fits.length > 0 && metric.unit !== 'proportion' && metric.unit !== 'ratio') return complain();
    if (relative && fits.length > 0) return complain();
  } else {
    const known = scale[parts.suffix];
    if (known === undefined || !fits.includes(parts.suffix)) return complain();
    value *= known.factor;
    if (metric.unit === 's' && known.unit === 'ms') value /= 1000;
  }
  if (key === 'better-by-at-least') value = -value;
  return { kind: kinds[key], value };
};

/** "20 ms" → 20. Errors: `scenario/unit` saying whose it is. */
export const millisecondsOf = (raw: string, whose: string): number => {
  const parts = split(raw);
  const known = parts === null ? undefined : scale[parts.suffix];
  if (parts === null || known?.unit !== 'ms' || !(parts.value > 0))
    throw new SteelyardError(
      'scenario/unit',
      `${whose} is "${raw}", expected a number above 0 with the unit ms, s or us`,
    );
  return parts.value * known.factor;
};

/** "8 GB" → 8e9. Errors: `scenario/unit` saying whose it is. */
export const bytesOf = (raw: string, whose: string): number => {
  const parts = split(raw);
  const known = parts === null ? undefined : scale[parts.suffix];
  if (parts === null || known?.unit !== 'bytes' || !(parts.value > 0))
    throw new SteelyardError(
      'scenario/unit',
      `${whose} is "${raw}", expected a number above 0 with the unit MB, GB, MiB or GiB`,
    );
  return parts.value * known.factor;
};

const kinds = {
  'at-most': 'at-most',
  'at-least': 'at-least',
  'worse-by-at-most': 'worse-by-at-most',
  'better-by-at-least': 'worse-by-at-most',
} as const;

export const limitKeys = Object.keys(kinds) as readonly (keyof typeof kinds)[];
