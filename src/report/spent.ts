import type { StoreRecord } from '../contracts/index.ts';

/** A kind of work and how long it was what went on. */
export interface Spent {
  readonly what: string;
  readonly seconds: number;
}

/** What a record was made for, or null: it took no time of its own (a look and a search consist of other records, a kept step is part of the
 *  build that made it). */
const workOf = (record: StoreRecord): string | null => {
  switch (record.kind) {
    case 'build':
      return 'Building versions';
    case 'predict':
    case 'measure':
      return record.split.startsWith('search-')
        ? 'Looks of the search'
        : record.split === 'holdback'
          ? 'Checks on held-back data'
          : record.kind === 'predict'
            ? 'Answering the evaluation data'
            : 'Measuring';
    case 'sensitivity':
      return 'Finding harmful layers';
    case 'receipt':
      return 'Kernel receipts';
    case 'choice':
    case 'audit':
      return 'Deciding';
    default:
      return null;
  }
};

interface Span {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

const spansOf = (records: readonly StoreRecord[]): readonly Span[] =>
  records.flatMap((record) => {
    const what = workOf(record);
    const to = Date.parse(record.at) / 1000;
    // What came from the cache took nothing here.
    if (what === null || record.cached === true || !(record.seconds > 0) || !Number.isFinite(to)) return [];
    return [{ what, from: to - record.seconds, to }];
  });

/** What a run's time went into, by the clock: each moment counts once, for the innermost thing that went on then (the one begun last), so the
 *  parts add up to the time from the start to the last record whatever was done together or inside of something else. The rest, of which no record
 *  tells (reading, opening, waiting, interruptions), is the last part. In the order of the most time. */
export const timeSpent = (
  records: readonly StoreRecord[],
): { readonly seconds: number; readonly parts: readonly Spent[] } => {
  const spans = spansOf(records).toSorted((a, b) => a.from - b.from);
  const runs = records
    .flatMap(({ kind, at }) => (kind === 'run' ? [Date.parse(at) / 1000] : []))
    .filter(Number.isFinite);
  if (spans.length === 0 && runs.length === 0) return { seconds: 0, parts: [] };
  const start = [...runs, ...spans.map(({ from }) => from)].reduce((least, one) => Math.min(least, one));
  const end = [...runs, ...spans.map(({ to }) => to)].reduce((most, one) => Math.max(most, one));
  const moments = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  const sums = new Map<string, number>();
  let open: Span[] = [];
  let next = 0;
  for (const [at, from] of moments.entries()) {
    const to = moments[at + 1];
    if (to === undefined) break;
    while (next < spans.length && spans[next]!.from <= from) open.push(spans[next++]!);
    open = open.filter((span) => span.to > from);
    const innermost = open.at(-1);
    if (innermost !== undefined) sums.set(innermost.what, (sums.get(innermost.what) ?? 0) + to - from);
  }
  const parts = [...sums].map(([what, seconds]) => ({ what, seconds })).toSorted((a, b) => b.seconds - a.seconds);
  const known = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  const other = { what: 'Other: reading, opening, waiting, interruptions', seconds: Math.max(0, end - start - known) };
  return { seconds: end - start, parts: [...parts, other] };
};
