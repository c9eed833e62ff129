import { fewestItems, type Measurement, type MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { capital, clip } from '../text.ts';
import { measurementOf, type Version, type View } from '../view.ts';
import { nounOf, sliceText, versusText } from './phrases.ts';
import { leftOut } from './left-out.ts';
import { changeCell, isFew, levelCell, wordCell } from './tell.ts';

/** Rows of a table; the rest is on the version's own page. */
const mostRows = 16;

interface Slices {
  readonly title: string;
  /** What a row is. */
  readonly row: string;
  /** The first of these that was measured by slices of this kind. */
  readonly metrics: readonly string[];
  readonly slices: readonly string[];
  /** Rows stand in the order in which they were measured; else the largest loss comes first. */
  readonly inOrder?: boolean;
  /** Beside it, for the same slice; no comparison. */
  readonly beside: readonly string[];
}

const tables: readonly Slices[] = [
  {
    title: 'Right answers on changed texts',
    row: 'Change',
    metrics: ['robust-accuracy', 'typo-accuracy'],
    slices: ['kind='],
    beside: [],
  },
  {
    title: 'Behavior tests that fail',
    row: 'Test',
    metrics: ['checklist-failures'],
    slices: ['test='],
    beside: ['checklist-newly-failing'],
  },
  {
    title: 'Right answers under attack',
    row: 'Attack',
    metrics: ['accuracy-under-attack'],
    slices: ['attack='],
    beside: ['attack-queries', 'words-changed'],
  },
  {
    title: 'Common and uncommon words',
    row: 'Texts',
    metrics: ['uncommon-accuracy', 'uncommon-flips'],
    slices: ['fertility=', 'unseen=', 'word-rank='],
    inOrder: true,
    beside: ['uncommon-flips', 'uncommon-kl'],
  },
];

const slicesOf = (version: Version, metric: string, prefixes: readonly string[]): Measurement[] =>
  prefixes.flatMap((prefix) =>
    (version.measured.get('evaluation') ?? []).filter(
      ({ metric: id, slice }) => id === metric && slice?.startsWith(prefix) === true,
    ),
  );

/** How much worse a slice got; what is not compared comes last. */
const lossOf = ({ better }: MetricSpec, { versus }: Measurement): number =>
  versus === undefined ? -Infinity : better === 'lower' ? versus.value : -versus.value;

const tableOf = (
  view: View,
  version: Version,
  { title, row, metrics, slices, inOrder = false, beside }: Slices,
): Block[] => {
  const id = metrics.find((one) => slicesOf(version, one, slices).length > 0);
  const metric = id === undefined ? undefined : view.metrics.get(id);
  if (metric === undefined) return [];
  const found = slicesOf(version, metric.id, slices);
  const all = inOrder ? found : found.toSorted((a, b) => lossOf(metric, b) - lossOf(metric, a));
  const left = leftOut(version, [...metrics, ...beside], slices);
  const others = beside.flatMap((one) => {
    if (one === metric.id) return [];
    const spec = view.metrics.get(one);
    return spec !== undefined && all.some(({ slice }) => measurementOf(version, one, slice) !== null) ? [spec] : [];
  });
  return [
    {
      kind: 'table',
      caption: title,
      columns: [
        { title: row, align: 'start', wide: true },
        { title: 'Original', align: 'end' },
        { title: 'This version', align: 'end' },
        { title: 'Difference', align: 'end' },
        { title: 'In a word', align: 'start' },
        ...others.map((spec) => ({ title: capital(nounOf(spec)), align: 'end' as const })),
      ],
      rows: all
        .slice(0, mostRows)
        .map((one): Cell[] => [
          { kind: 'data', text: capital(sliceText(one.slice!).replace(/^(?:attack |test )/, '')) },
          levelCell(view, metric, measurementOf(view.baseline, metric.id, one.slice)),
          levelCell(view, metric, one),
          ...(isFew(one)
            ? [{ kind: 'none' } as const, { kind: 'verdict', tone: 'neutral', text: 'too few' } as const]
            : [changeCell(view, metric, one.versus), wordCell(metric, one.versus)]),
          ...others.map((spec) => levelCell(view, spec, measurementOf(version, spec.id, one.slice))),
        ]),
      notes: [
        ...(inOrder ? [] : ['The largest loss comes first.']),
        ...(all.length > mostRows
          ? [`${all.length - mostRows} more ${all.length - mostRows === 1 ? 'is' : 'are'} on the version’s own page.`]
          : []),
        ...(all.some(isFew)
          ? [`Of fewer than ${fewestItems} no share is told: what was seen is counted, and proves nothing.`]
          : []),
        ...(left === null ? [] : [left]),
      ],
      terms: [metric, ...others].map((spec) => `${capital(nounOf(spec))}: ${spec.definition}`),
      minor: true,
    },
  ];
};

/** Less robust, or only less accurate? The difference in differences says it. */
const lossSentence = (view: View, version: Version): string | null => {
  const metric = view.metrics.get('robustness-loss');
  const one = measurementOf(version, 'robustness-loss');
  if (metric === undefined || one?.versus === undefined) return null;
  const { low, high } = one.versus;
  const text = versusText(metric, one.versus, view.currency);
  if (low > 0)
    return `It is less robust, not only less accurate: changed texts cost it more right answers than they cost the original, ${text}.`;
  if (high < 0)
    return `It is more robust: changed texts cost it fewer right answers than they cost the original, ${text}.`;
  return low === 0 && high === 0
    ? 'Changed texts cost it exactly as many right answers as they cost the original.'
    : `It is not shown to be less robust than the original: what changed texts cost the two differs by ${text}, which chance alone can explain.`;
};

const longestText = 300;

/** Texts that an attack changed until the answer broke, the least changed of each attack. */
const exhibitTable = (view: View, version: Version): Block[] => {
  const exhibits = view.evaluators.flatMap(({ split, outcomes }) => {
    const outcome = outcomes[version.id];
    return split === 'evaluation' && outcome?.kind === 'measured' ? (outcome.exhibits ?? []) : [];
  });
  if (exhibits.length === 0) return [];
  return [
    {
      kind: 'details',
      title: `Texts that attacks found (${exhibits.length})`,
      blocks: [
        {
          kind: 'table',
          caption: 'What was changed, and what the version says then',
          columns: [
            { title: 'Attack', align: 'start' },
            { title: 'Text', align: 'start', wide: true },
            { title: 'Changed to', align: 'start', wide: true },
            { title: 'Right answer', align: 'start' },
            { title: 'Answer now', align: 'start' },
          ],
          rows: exhibits.map((one): Cell[] => [
            { kind: 'text', text: one.how },
            { kind: 'data', text: clip(one.original, longestText), detail: [`example ${clip(one.example, 80)}`] },
            { kind: 'data', text: clip(one.changed, longestText) },
            { kind: 'data', text: clip(one.label, 80) },
            { kind: 'data', text: clip(one.answer, 80) },
          ]),
          notes: ['Of each attack, the texts that changed least. The version answered the unchanged texts rightly.'],
        },
      ],
    },
  ];
};

/** (h) How answers hold up on disturbed texts, in behavior tests and under attack. */
export const robustnessSection = (view: View): Block[] => {
  const { about } = view;
  if (about === null) return [];
  const found = tables.flatMap((one) => tableOf(view, about, one));
  const sentence = lossSentence(view, about);
  if (found.length === 0 && sentence === null) return [];
  return [
    { kind: 'heading', level: 2, text: 'How it holds up', minor: sentence === null },
    ...(sentence === null ? [] : [{ kind: 'paragraph', text: sentence } satisfies Block]),
    ...found,
    ...exhibitTable(view, about),
  ];
};
