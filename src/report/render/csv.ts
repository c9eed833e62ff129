import type { MetricSpec, StoreRecord } from '../../contracts/index.ts';
import { linesOf } from './lines.ts';

const columns = [
  'run',
  'scenario',
  'version',
  'digest',
  'split',
  'data',
  'evaluator',
  'evaluatorVersion',
  'machine',
  'at',
  'metric',
  'slice',
  'unit',
  'value',
  'low',
  'high',
  'confidence',
  'samples',
  'comparison.kind',
  'comparison.value',
  'comparison.low',
  'comparison.high',
  'comparison.method',
  'caveat',
  'error.code',
  'error.message',
] as const;

/** One field. Texts that a spreadsheet would run as a formula get an apostrophe in front, as it does itself for texts. */
const field = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The same as the JSON Lines as CSV (RFC 4180), nested fields with a dot. What is not known is empty. Errors: as `linesOf`. */
export const toCsv = (records: readonly StoreRecord[], metrics: readonly MetricSpec[], only?: string): string =>
  [
    columns.join(','),
    ...linesOf(records, metrics, only).map((line) =>
      columns
        .map((name) => {
          const [outer, inner] = name.split('.') as [keyof typeof line, string | undefined];
          const value = line[outer];
          return field(inner === undefined ? value : (value as Record<string, unknown> | null)?.[inner]);
        })
        .join(','),
    ),
    '',
  ].join('\r\n');
