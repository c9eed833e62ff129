import type { Block, Cell } from '../blocks.ts';
import { differenceScale, scaleOf, signed } from '../numbers.ts';
import { capital, listed } from '../text.ts';
import { measurementOf, percentOf, type View } from '../view.ts';
import { showScaled, sliceText } from './phrases.ts';

/** Fewer rows than this say little about a group. */
const fewRows = 100;

const count = (value: number): Cell => ({
  kind: 'number',
  text: value.toLocaleString('en-US'),
  value,
  low: value,
  high: value,
});

/** (g) Who is affected: the same comparison for each group of the data. */
export const groupSection = (view: View): Block[] => {
  const { subject, baseline } = view;
  const measured = subject?.measured.get('evaluation') ?? [];
  const metric = ['accuracy', ...view.metrics.keys()]
    .map((id) => view.metrics.get(id))
    .find(
      (one) =>
        one?.versus === 'difference' && measured.some(({ metric: id, slice }) => id === one.id && slice !== undefined),
    );
  if (subject === null || metric === undefined) return [];
  const slices = measured.filter(({ metric: id, slice }) => id === metric.id && slice !== undefined);
  const level = scaleOf(metric.unit, 1, view.currency);
  const points = differenceScale(metric.unit, 1, view.currency);
  const cell = (
    span: { value: number; low: number; high: number } | null | undefined,
    scale = level,
    format = undefined as typeof signed | undefined,
  ): Cell => {
    if (span === null || span === undefined) return { kind: 'none' };
    const { text, interval } = showScaled(span, scale, format);
    return {
      kind: 'number',
      text,
      ...(interval === undefined ? {} : { interval }),
      value: span.value,
      low: span.low,
      high: span.high,
    };
  };
  const sign = metric.better === 'lower' ? -1 : 1;
  const rows = slices.toSorted((a, b) => sign * ((a.versus?.value ?? 0) - (b.versus?.value ?? 0)));
  const worse = rows.filter(({ versus }) => versus !== undefined && (sign > 0 ? versus.high < 0 : versus.low > 0));
  const small = rows.filter(({ samples }) => samples < fewRows);
  return [
    { kind: 'heading', level: 2, text: 'Who is affected' },
    {
      kind: 'paragraph',
      text:
        worse.length === 0
          ? `No group is measurably worse off with ${subject.id} than with the original.`
          : `Measurably worse off than with the original: ${listed(worse.map(({ slice }) => sliceText(slice!)))}.`,
    },
    {
      kind: 'table',
      caption: `${capital(metric.title)} by group`,
      columns: [
        { title: 'Group', align: 'start' },
        { title: 'Examples', align: 'end' },
        { title: 'Original', ...(level.label === '' ? {} : { unit: level.label }), align: 'end' },
        { title: 'This version', ...(level.label === '' ? {} : { unit: level.label }), align: 'end' },
        { title: 'Difference', ...(points.label === '' ? {} : { unit: points.label }), align: 'end' },
      ],
      rows: rows.map((one) => [
        { kind: 'data', text: sliceText(one.slice!) },
        count(one.samples),
        cell(measurementOf(baseline, metric.id, one.slice)),
        cell(one),
        cell(one.versus, points, signed),
      ]),
      notes: [
        `The largest loss comes first. In brackets: ${percentOf(view.confidence)} intervals.`,
        ...(small.length === 0
          ? []
          : [
              `Groups with fewer than ${fewRows} examples say little: ${listed(small.map(({ slice }) => sliceText(slice!)))}.`,
            ]),
      ],
    },
  ];
};
