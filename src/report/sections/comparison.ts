import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell, Column, Tone } from '../blocks.ts';
import { differenceScale, scaleOf, show, signed, type Scale } from '../numbers.ts';
import { capital } from '../text.ts';
import { measurementOf, percentOf, type Version, type View } from '../view.ts';
import { nounOf, showScaled } from './phrases.ts';

/** Columns of the overview when they were measured; the preferred metrics come first. */
const usual = ['latency-p50', 'size', 'memory-peak', 'cost', 'throughput'];

const resultOf: Readonly<Record<Version['role'], { tone: Tone; text: string }>> = {
  baseline: { tone: 'neutral', text: 'original' },
  chosen: { tone: 'pass', text: 'CHOSEN' },
  front: { tone: 'pass', text: 'PASS' },
  passes: { tone: 'pass', text: 'PASS' },
  undecided: { tone: 'undecided', text: 'UNDECIDED' },
  fails: { tone: 'fail', text: 'FAIL' },
  unmeasured: { tone: 'neutral', text: '' },
};

export const versionCell = (version: Version): Cell => ({
  kind: 'text',
  text: version.role === 'baseline' ? 'original (baseline)' : version.id,
  ...(version.tag === '' ? {} : { tag: version.tag }),
  ...(version.role === 'chosen' ? { strong: true } : {}),
});

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
  readonly note: string;
}

/** A metric's own column, and for ratios of time and rates how many times better it is. */
const fieldsOf = (view: View, versions: readonly Version[], metric: MetricSpec): Field[] => {
  const scale = scaleOf(metric.unit, largest(versions, metric), view.currency);
  const level: Field = {
    column: { title: capital(nounOf(metric)), ...(scale.label === '' ? {} : { unit: scale.label }), align: 'end' },
    cell: (version) => numberCell(measurementOf(version, metric.id), scale),
    note: `${capital(nounOf(metric))}: ${metric.definition}`,
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
  const ids = [...new Set(['accuracy', ...view.prefer, ...usual])].filter(has).slice(0, 6);
  const fields = ids.flatMap((id) => {
    const metric = view.metrics.get(id);
    return metric === undefined ? [] : fieldsOf(view, versions, metric);
  });
  if (versions.length === 0 || fields.length === 0) return [];
  const notes = [...new Set(fields.map(({ note }) => note))];
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
      notes: [`In brackets: ${percentOf(view.confidence)} intervals. Numbers without brackets are exact.`, ...notes],
    },
    { kind: 'details', title: 'Every number, with sample counts and methods', blocks: everyNumber(view, versions) },
  ];
};

/** For auditors: each metric in full. */
const everyNumber = (view: View, versions: readonly Version[]): Block[] => {
  const blocks: Block[] = [];
  for (const metric of view.metrics.values()) {
    for (const split of ['evaluation', 'holdback']) {
      const rows = versions.flatMap((version) => {
        const one = measurementOf(version, metric.id, undefined, split);
        return one === null ? [] : [{ version, one }];
      });
      if (rows.length === 0) continue;
      const scale = scaleOf(metric.unit, Math.max(...rows.map(({ one }) => Math.abs(one.value))), view.currency);
      const hasMethod = rows.some(({ one }) => one.versus !== undefined || one.caveat !== undefined);
      const against =
        metric.versus === 'ratio' ? { factor: 1, label: '×' } : differenceScale(metric.unit, 0, view.currency);
      blocks.push({
        kind: 'table',
        caption: `${capital(nounOf(metric))}, ${split === 'holdback' ? 'held-back' : split} data`,
        columns: [
          { title: 'Version', align: 'start' },
          { title: capital(nounOf(metric)), ...(scale.label === '' ? {} : { unit: scale.label }), align: 'end' },
          { title: 'Samples', align: 'end' },
          { title: 'Against the original', ...(against.label === '' ? {} : { unit: against.label }), align: 'end' },
          ...(hasMethod ? [{ title: 'Method', align: 'start' as const }] : []),
        ],
        rows: rows.map(({ version, one }) => [
          versionCell(version),
          numberCell(one, scale),
          {
            kind: 'number',
            text: one.samples.toLocaleString('en-US'),
            value: one.samples,
            low: one.samples,
            high: one.samples,
          },
          numberCell(one.versus, against, metric.versus === 'ratio' ? undefined : signed),
          ...(hasMethod
            ? [
                {
                  kind: 'text' as const,
                  text: one.versus?.method ?? '',
                  ...(one.caveat === undefined ? {} : { detail: [one.caveat] }),
                },
              ]
            : []),
        ]),
        notes: [metric.definition],
      });
    }
  }
  return blocks;
};
