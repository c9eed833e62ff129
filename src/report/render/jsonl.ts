import type { MetricSpec, StoreRecord } from '../../contracts/index.ts';
import { linesOf } from './lines.ts';

/** Everything that was measured as JSON Lines, one measurement a line, for other tools (jq, DuckDB, pandas). Failures are lines with `error`.
 *  Ends with a newline unless nothing was measured. Errors: as `linesOf`. */
export const toJsonLines = (records: readonly StoreRecord[], metrics: readonly MetricSpec[], only?: string): string =>
  linesOf(records, metrics, only)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
