import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell, Column } from '../blocks.ts';
import { capital, plural } from '../text.ts';
import { measurementOf, type Version, type View } from '../view.ts';
import { sidesOf, type Side } from './families.ts';
import { nounOf, sliceText } from './phrases.ts';
import { aloneCell, changeCell, levelCell, wordCell, wordsNote } from './tell.ts';

/** Rows of all folded pages together; beyond them groups and kinds stand only on the page of the version that the report is about. */
const mostRows = 2500;
/** More versions than this share one fold. */
const mostPages = 4;
/** More slices of one metric than this are for machines. */
const mostSlices = 24;

const rowOf = (view: View, version: Version, metric: MetricSpec, one: Measurement): readonly Cell[] => {
  const slice = one.slice === undefined ? [] : [sliceText(one.slice)];
  const name = capital(nounOf(metric));
  return [
    { kind: 'text', text: [name, ...slice].join(', ') },
    levelCell(view, metric, measurementOf(view.baseline, metric.id, one.slice)),
    aloneCell(view, metric, one),
    changeCell(view, metric, one.versus),
    wordCell(metric, one.versus),
  ];
};

const columns = (version: Version): readonly Column[] => [
  { title: 'Metric', align: 'start', wide: true },
  { title: 'Original', align: 'end' },
  { title: version.tag === '' ? 'This version' : `Version ${version.tag}`, align: 'end' },
  { title: 'Difference', align: 'end' },
  { title: 'In a word', align: 'start' },
];

const measured = (version: Version): readonly Measurement[] => version.measured.get('evaluation') ?? [];

/** One version beside the original: a table a family. */
const pageOf = (view: View, version: Version, withSlices: boolean): Block[] => {
  const byMetric = new Map<string, Measurement[]>();
  for (const one of measured(version)) {
    const known = byMetric.get(one.metric);
    if (known === undefined) byMetric.set(one.metric, [one]);
    else known.push(one);
  }
  return sidesOf(view, [version]).map(({ title, metrics }) => {
    const left: string[] = [];
    const rows = metrics.flatMap((metric) => {
      const own = byMetric.get(metric.id) ?? [];
      const whole = own.filter(({ slice }) => slice === undefined);
      const slices = own.filter(({ slice }) => slice !== undefined);
      const shown = withSlices ? slices.slice(0, mostSlices) : whole.length === 0 ? slices.slice(0, 1) : [];
      if (shown.length < slices.length)
        left.push(`${nounOf(metric)} (${plural(slices.length - shown.length, 'subset')})`);
      return [...whole, ...shown].map((one) => rowOf(view, version, metric, one));
    });
    return {
      kind: 'table' as const,
      caption: `${title}, version ${version.tag === '' ? version.id : version.tag}`,
      columns: columns(version),
      rows,
      notes: left.length === 0 ? [] : [`In the JSON Lines only: ${left.join(', ')}.`],
    };
  });
};

/** What all the words mean, once for all pages. */
const glossary = (sides: readonly Side[]): Block => ({
  kind: 'details',
  title: 'What these metrics mean',
  blocks: sides.flatMap(({ title, metrics }): Block[] => [
    {
      kind: 'table',
      caption: `${title}: definitions`,
      columns: [
        { title: 'Metric', align: 'start' },
        { title: 'Name in a scenario', align: 'start' },
        { title: 'Better', align: 'start' },
        { title: 'Definition', align: 'start', wide: true },
      ],
      rows: metrics.map((metric) => [
        { kind: 'text', text: capital(nounOf(metric)) },
        { kind: 'text', text: metric.id },
        { kind: 'text', text: metric.better },
        { kind: 'text', text: metric.definition },
      ]),
      notes: [],
    },
  ]),
});

/** Every side of the version that the report is about, beside the original; every version in full on a page of its own, folded away. */
export const sidesSection = (view: View): Block[] => {
  const { about } = view;
  if (about === null) return [];
  const sides = sidesOf(view, [about]);
  const rows = sides.flatMap(({ telling }) =>
    telling.flatMap((metric) => {
      const one = measurementOf(about, metric.id);
      return one === null ? [] : [rowOf(view, about, metric, one)];
    }),
  );
  if (rows.length === 0) return [];
  const versions = [about, ...view.candidates.filter((one) => one !== about)].filter(
    (one) => sidesOf(view, [one]).length > 0,
  );
  const [, ...others] = versions;
  const page = (one: Version): Block => ({
    kind: 'details',
    title: `Every metric of ${one.id}`,
    blocks: pageOf(view, one, one === about || total <= mostRows),
  });
  const total = versions.reduce((sum, version) => sum + measured(version).length, 0);
  return [
    { kind: 'heading', level: 2, text: 'All sides at a glance' },
    {
      kind: 'table',
      caption: `${about.id} beside the original`,
      columns: columns(about),
      rows,
      notes: [wordsNote(view)],
    },
    page(about),
    ...(others.length > mostPages
      ? [
          {
            kind: 'details',
            title: `Every metric of the ${others.length} other versions`,
            blocks: others.map(page),
          } satisfies Block,
        ]
      : others.map(page)),
    glossary(sidesOf(view, versions)),
  ];
};
