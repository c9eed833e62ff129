import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell, Column, Tone } from '../blocks.ts';
import { differenceScale, scaleOf, show, signed, type Scale } from '../numbers.ts';
import { capital, plural } from '../text.ts';
import { measurementOf, percentOf, type Version, type View } from '../view.ts';
import { everyNumber } from './every-number.ts';
import { sidesOf } from './families.ts';
import { nounOf, showScaled } from './phrases.ts';
import { aloneCell, changeCell } from './tell.ts';
import { versionCell } from './version-cell.ts';

export { versionCell } from './version-cell.ts';

/** Columns of the overview when they were measured; the preferred metrics come first. */
const usual = ['latency-p50', 'size', 'memory-peak', 'cost', 'throughput'];

/** What fits beside names and results on a page. */
const mostFields = 7;

const resultOf: Readonly<Record<Version['role'], { tone: Tone; text: string }>> = {
  baseline: { tone: 'neutral', text: 'original' },
  chosen: { tone: 'pass', text: 'CHOSEN' },
  front: { tone: 'pass', text: 'PASS' },
  passes: { tone: 'pass', text: 'PASS' },
  undecided: { tone: 'undecided', text: 'UNDECIDED' },
  fails: { tone: 'fail', text: 'FAIL' },
  unmeasured: { tone: 'neutral', text: '' },
};

const none: Cell = { kind: 'none' };

const numberCell = (
  span: { readonly value: number; readonly low: number; readonly high: number } | undefined | null,
  scale: Scale,
  format?: (value: number, decimals: number) => string,
): Cell => {
  if (span === undefined || span === null) return none;
  const { text, interval } = showScaled(span, scale, format);
  const { value, low, high } = span;
  return { kind: 'number', text, ...(interval === undefined ? {} : { interval }), value, low, high };
};

const largest = (versions: readonly Version[], metric: MetricSpec): number =>
  Math.max(...versions.map((version) => Math.abs(measurementOf(version, metric.id)?.value ?? 0)));

interface Field {
  readonly column: Column;
  readonly cell: (version: Version) => Cell;
  /** How to read it. */
  readonly note: string | null;
  /** What it is. */
  readonly term: string | null;
}

/** A metric's own column, and for ratios of time and rates how many times better it is. */
const fieldsOf = (view: View, versions: readonly Version[], metric: MetricSpec): Field[] => {
  const scale = scaleOf(metric.unit, largest(versions, metric), view.currency);
  const level: Field = {
    column: { title: capital(nounOf(metric)), ...(scale.label === '' ? {} : { unit: scale.label }), align: 'end' },
    cell: (version) => numberCell(measurementOf(version, metric.id), scale),
    note: null,
    term: `${capital(nounOf(metric))}: ${metric.definition}`,
  };
  const compared = versions.some((version) => measurementOf(version, metric.id)?.versus !== undefined);
  if (!compared || metric.versus === 'none') return [level];
  if (metric.versus === 'difference') {
    const points = differenceScale(metric.unit, 0, view.currency);
    return [
      level,
      {
        column: { title: 'Difference', ...(points.label === '' ? {} : { unit: points.label }), align: 'end' },
        cell: (version) => numberCell(measurementOf(version, metric.id)?.versus, points, signed),
        note: 'Difference: the version minus the original, on the same examples.',
        term: null,
      },
    ];
  }
  if (metric.unit !== 'ms' && metric.unit !== 's') return [level];
  return [
    level,
    {
      column: { title: 'Speed-up', unit: '×', align: 'end' },
      cell: (version) => (version.role === 'baseline' ? none : speedUpCell(measurementOf(version, metric.id))),
      note: 'Speed-up: the original’s time divided by the version’s; 2 means twice as fast.',
      term: null,
    },
  ];
};

const speedUpCell = (one: Measurement | null): Cell => {
  if (one?.versus?.kind !== 'ratio') return none;
  const { value, low, high } = one.versus;
  const { text, interval } = show(1 / value, 1 / high, 1 / low);
  return {
    kind: 'number',
    text,
    ...(interval === undefined ? {} : { interval }),
    value: 1 / value,
    low: 1 / high,
    high: 1 / low,
  };
};

/** (d) All versions side by side. */
export const comparisonSection = (view: View): Block[] => {
  const versions = [view.baseline, ...view.candidates].filter(({ measured }) => measured.has('evaluation'));
  const has = (id: string): boolean => versions.some((version) => measurementOf(version, id) !== null);
  const ids: string[] = [];
  const fields: Field[] = [];
  for (const id of new Set(['accuracy', ...view.prefer, ...usual])) {
    const metric = has(id) ? view.metrics.get(id) : undefined;
    const more = metric === undefined ? [] : fieldsOf(view, versions, metric);
    if (more.length === 0 || fields.length + more.length > mostFields) continue;
    ids.push(id);
    fields.push(...more);
  }
  if (versions.length === 0 || fields.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'All versions side by side' },
    {
      kind: 'table',
      caption: 'Speed, quality, size, memory and cost',
      columns: [
        { title: 'Version', align: 'start' },
        { title: 'Result', align: 'start' },
        ...fields.map(({ column }) => column),
      ],
      rows: versions.map((version) => [
        versionCell(version),
        { kind: 'verdict', ...resultOf[version.role] },
        ...fields.map(({ cell }) => cell(version)),
      ]),
      notes: [
        `In brackets: ${percentOf(view.intervals)} intervals. Numbers without brackets are exact.`,
        ...fields.flatMap(({ note }) => (note === null ? [] : [note])),
      ],
      terms: [...new Set(fields.flatMap(({ term }) => (term === null ? [] : [term])))],
    },
    ...otherSides(view, versions, new Set(ids)),
    { kind: 'details', title: 'Every number, with sample counts and methods', blocks: everyNumber(view, versions) },
  ];
};

/** More versions than this are on their own pages only; the best come first. */
const mostColumns = 8;
const mostRows = 16;

const best: readonly Version['role'][] = ['chosen', 'front', 'passes', 'undecided', 'fails', 'unmeasured'];

/** A change in its row's unit. */
const sideCell = (view: View, metric: MetricSpec, version: Version): Cell => {
  const one = measurementOf(version, metric.id);
  if (one === null && version.withoutValue.some((open) => open.metric === metric.id))
    return { kind: 'text', text: 'no value' };
  const cell = metric.versus === 'none' ? aloneCell(view, metric, one) : changeCell(view, metric, one?.versus, true);
  const unit = sideUnit(view, metric);
  return cell.kind === 'number' && unit !== '' ? { ...cell, text: cell.text.replace(` ${unit}`, '') } : cell;
};

const sideUnit = (view: View, { versus, unit }: MetricSpec): string =>
  versus === 'ratio'
    ? '%'
    : versus === 'none'
      ? scaleOf(unit, 0, view.currency).label
      : differenceScale(unit, 0, view.currency).label;

/** The sides that the first table does not show: a row a metric, a column a version. One version alone is told in full further down. */
const otherSides = (view: View, versions: readonly Version[], shown: ReadonlySet<string>): Block[] => {
  const all = versions.filter((version) => version !== view.baseline);
  const candidates =
    all.length <= mostColumns
      ? all
      : all.toSorted((a, b) => best.indexOf(a.role) - best.indexOf(b.role)).slice(0, mostColumns);
  if (candidates.length < 2) return [];
  const metrics = sidesOf(view, candidates)
    .flatMap(({ telling }) => telling)
    .filter(({ id, versus, unit }) => !shown.has(id) && unit !== 'bytes' && (versus !== 'none' || id === 'flips'))
    .slice(0, mostRows);
  if (metrics.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'The other sides, against the original',
      columns: [
        { title: 'Metric', align: 'start' },
        ...candidates.map(({ id, tag, role }) => ({
          title: role === 'chosen' ? `${tag || id} (chosen)` : tag || id,
          align: 'end' as const,
        })),
      ],
      rows: metrics.map((metric) => {
        const unit = sideUnit(view, metric);
        return [
          { kind: 'text', text: `${capital(nounOf(metric))}${unit === '' ? '' : ` (${unit})`}` },
          ...candidates.map((version) => sideCell(view, metric, version)),
        ];
      }),
      notes: [
        `Differences to the original with ${percentOf(view.intervals)} intervals. ✓ better and ✗ worse where the whole interval says so; no sign: no difference shown.` +
          (all.length > candidates.length
            ? ` ${plural(all.length - candidates.length, 'more version')} further down, each in full.`
            : ''),
        ...(metrics.some(({ id }) =>
          candidates.some(({ withoutValue }) => withoutValue.some(({ metric }) => metric === id)),
        )
          ? ['No value: too little was measured for it; “Keep in mind” and the remarks say what it takes.']
          : []),
      ],
      minor: true,
    },
  ];
};
