import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell, Column } from '../blocks.ts';
import { differenceScale, scaleOf, signed, type Scale } from '../numbers.ts';
import { capital, grouped, listed, plural, small } from '../text.ts';
import { baselineId, measurementOf, percentOf, type View } from '../view.ts';
import { familyOf, notReported, whoIsHurt } from './hurt.ts';
import { leftOut } from './left-out.ts';
import { nounOf, showScaled, sliceText } from './phrases.ts';

/** Fewer rows than this say little about a group. */
const fewRows = 100;
/** More groups than this are folded away. */
const shownGroups = 12;

const count = (value: number): Cell => ({
  kind: 'number',
  text: grouped(value),
  value,
  low: value,
  high: value,
});

type Span = Pick<Measurement, 'value' | 'low' | 'high'>;

const cell = (span: Span | null | undefined, scale: Scale, format?: typeof signed): Cell => {
  if (span === null || span === undefined) return { kind: 'none' };
  const { text, interval } = showScaled(span, scale, format);
  const { value, low, high } = span;
  return { kind: 'number', text, ...(interval === undefined ? {} : { interval }), value, low, high };
};

const column = (title: string, { label }: Scale): Column => ({
  title,
  ...(label === '' ? {} : { unit: label }),
  align: 'end',
});

/** One row a group, the largest loss first. */
const groupTables = (view: View, metric: MetricSpec, measured: readonly Measurement[]): Block[] => {
  const sign = metric.better === 'lower' ? -1 : 1;
  const slices = measured
    .filter(({ metric: id, slice }) => id === metric.id && slice !== undefined)
    .toSorted((a, b) => sign * ((a.versus?.value ?? 0) - (b.versus?.value ?? 0)) || sign * (a.value - b.value));
  const level = scaleOf(metric.unit, 1, view.currency);
  const points = differenceScale(metric.unit, 1, view.currency);
  const share = scaleOf('proportion', 1, null);
  const of = (id: string, slice: string | undefined): Measurement | undefined =>
    measured.find((one) => one.metric === id && one.slice === slice);
  const [flips, harm] = ['group-flips', 'group-harm'].map((id) => measured.some((one) => one.metric === id));
  const small = slices.filter(({ samples }) => samples < fewRows);
  const together = slices.some(({ versus }) => versus?.method.includes('together') === true);
  const table = (rows: readonly Measurement[], caption: string, notes: readonly string[]): Block => ({
    kind: 'table',
    caption,
    columns: [
      { title: 'Group', align: 'start' },
      { title: 'Examples', align: 'end' },
      column('Original', level),
      column('This version', level),
      column('Difference', points),
      ...(flips === true ? [column('Changed answers', share)] : []),
      ...(harm === true ? [column('Harm', { factor: 1, label: '×' })] : []),
    ],
    rows: rows.map((one) => [
      { kind: 'data', text: sliceText(one.slice!) },
      count(one.samples),
      cell(measurementOf(view.baseline, metric.id, one.slice), level),
      cell(one, level),
      cell(one.versus, points, signed),
      ...(flips === true ? [cell(of('group-flips', one.slice), share)] : []),
      ...(harm === true ? [cell(of('group-harm', one.slice), { factor: 1, label: '×' })] : []),
    ]),
    notes,
    minor: true,
  });
  const notes = [
    `The largest loss comes first. In brackets: ${percentOf(view.intervals)} intervals${
      together
        ? `; those of the difference hold for all ${slices.length} groups at once, which makes them wider than each alone would be`
        : ''
    }.`,
    ...(harm === true
      ? ['Harm: how many times as often right answers were lost in the group as in all data; 1 is as often.']
      : []),
    ...(small.length === 0
      ? []
      : [
          `Groups with fewer than ${fewRows} examples say little: ${listed(small.slice(0, 10).map(({ slice }) => sliceText(slice!)))}${small.length > 10 ? ` and ${small.length - 10} more` : ''}.`,
        ]),
  ];
  const caption = `${metric.id === 'group-accuracy' ? 'Accuracy' : capital(metric.title)} by group`;
  const [first, rest] = [slices.slice(0, shownGroups), slices.slice(shownGroups)];
  return [
    table(first, caption, notes),
    ...(rest.length === 0
      ? []
      : [
          {
            kind: 'details' as const,
            title: plural(rest.length, 'more group'),
            blocks: [table(rest, 'Groups that lose less, or gain', [])],
          },
        ]),
  ];
};

const gapIds = [
  'worst-group-accuracy',
  'accuracy-gap',
  'demographic-parity-difference',
  'demographic-parity-ratio',
  'equalized-odds-difference',
  'equal-opportunity-difference',
];

const counterfactualIds = ['counterfactual-consistency', 'pair-consistency', 'pair-flips', 'pair-right'];

/** Metrics beside the original's, one row each per slice; null when none was measured. */
const besideTable = (
  view: View,
  measured: readonly Measurement[],
  ids: readonly string[],
  caption: string,
  first: Column,
  left: string | null = null,
): Block[] => {
  const share = scaleOf('proportion', 1, null);
  const points = differenceScale('proportion', 1, null);
  const found = ids.flatMap((id) => {
    const metric = view.metrics.get(id);
    const some = measured.filter((one) => one.metric === id);
    // One column only: what is said of all columns is the same thing again.
    const columns = new Set(some.flatMap(({ slice }) => (slice === undefined ? [] : [slice])));
    const rows = columns.size === 1 ? some.filter(({ slice }) => slice !== undefined) : some;
    return metric === undefined ? [] : rows.map((one) => ({ metric, one }));
  });
  if (found.length === 0)
    return left === null ? [] : [{ kind: 'paragraph', text: `${caption}: ${small(left)}`, small: true }];
  const metrics = [...new Set(found.map(({ metric }) => metric))];
  return [
    {
      kind: 'table',
      caption,
      columns: [
        { title: 'Metric', align: 'start' },
        first,
        { title: 'Original', unit: '%', align: 'end' },
        { title: 'This version', unit: '%', align: 'end' },
        column('Difference', points),
      ],
      rows: found.map(({ metric, one }) => [
        { kind: 'text', text: capital(nounOf(metric)) },
        one.slice === undefined
          ? { kind: 'text', text: 'all' }
          : { kind: 'data', text: familyOf(one.slice).replace(/^kind=/, '') },
        cell(measurementOf(view.baseline, metric.id, one.slice), share),
        cell(one, share),
        cell(one.versus, points, signed),
      ]),
      notes: left === null ? [] : [left],
      terms: metrics.map((metric) => `${capital(nounOf(metric))}: ${metric.definition}`),
      minor: true,
    },
  ];
};

/** (g) Who is hurt: every group of the data beside the original, the gaps between groups, and texts about somebody else. */
export const groupSection = (view: View): Block[] => {
  const { subject, baseline } = view;
  if (subject === null || subject.id === baselineId) return [];
  const measured = subject.measured.get('evaluation') ?? [];
  const sliced = (id: string, of: (slice: string) => boolean): boolean =>
    measured.some(({ metric: one, slice }) => one === id && slice !== undefined && of(slice));
  // Accuracy where there is one; else the first metric that was measured by group, not by kind of something else.
  const metric =
    [
      ...['group-accuracy', 'accuracy'].filter((id) => sliced(id, () => true)),
      ...[...view.metrics.keys()].filter(
        (id) => !gapIds.includes(id) && sliced(id, (slice) => !/^(?:groups?|kind|score|kept)=/.test(slice)),
      ),
    ]
      .map((id) => view.metrics.get(id))
      .find((one) => one?.versus === 'difference') ?? undefined;
  const refused = notReported(measured);
  const gaps = besideTable(view, measured, gapIds, 'Gaps between groups', { title: 'Groups', align: 'start' });
  const swaps = besideTable(
    view,
    measured,
    counterfactualIds,
    'The same text about somebody else',
    {
      title: 'Kind',
      align: 'start',
    },
    leftOut(subject, ['counterfactual-consistency', 'counterfactual-texts'], ['kind=']),
  );
  if (metric === undefined && refused === null && gaps.length === 0 && swaps.length === 0) return [];
  const sentences =
    metric === undefined || metric.better !== 'higher'
      ? []
      : whoIsHurt({
          version: measured,
          original: baseline.measured.get('evaluation') ?? [],
          accuracy: metric.id,
          confidence: view.confidence,
        });
  const [first, ...others] = sentences;
  return [
    { kind: 'heading', level: 2, text: 'Who is hurt' },
    ...(first === undefined ? [] : [{ kind: 'paragraph', text: first } satisfies Block]),
    ...(others.length === 0 ? [] : [{ kind: 'list', items: others } satisfies Block]),
    ...(metric === undefined ? [] : groupTables(view, metric, measured)),
    ...gaps,
    ...swaps,
    ...(refused === null ? [] : [{ kind: 'paragraph', text: refused, small: true } satisfies Block]),
  ];
};
