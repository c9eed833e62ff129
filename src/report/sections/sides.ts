import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Block, Cell, Tone } from '../blocks.ts';
import { capital } from '../text.ts';
import { baselineId, measurementOf, percentOf, type Version, type View } from '../view.ts';
import { levelText, nounOf, sliceText, versusText } from './phrases.ts';

/** What a family of evaluators looks at, by the first part of their ids. */
const titles: Readonly<Record<string, string>> = {
  quality: 'Quality and calibration',
  robustness: 'Robustness',
  fairness: 'Fairness',
  load: 'Speed and load',
  resources: 'Memory, processor and size',
  energy: 'Energy',
  cost: 'Cost',
};

interface Side {
  readonly title: string;
  /** Metrics in the order of their evaluators. */
  readonly metrics: readonly MetricSpec[];
  /** The first metric of each evaluator: what it is asked for most. */
  readonly first: readonly MetricSpec[];
}

/** All that was measured on the evaluation data, by family. */
const sidesOf = (view: View, version: Version): readonly Side[] => {
  const found = new Map<string, { metrics: Set<string>; first: Set<string> }>();
  for (const record of view.evaluators) {
    if (record.split !== 'evaluation') continue;
    const outcome = record.outcomes[version.id];
    if (outcome?.kind !== 'measured' || outcome.measurements.length === 0) continue;
    const family = record.evaluator.split('/')[0]!;
    const side = found.get(family) ?? { metrics: new Set<string>(), first: new Set<string>() };
    found.set(family, side);
    for (const { metric } of outcome.measurements) side.metrics.add(metric);
    side.first.add(outcome.measurements[0]!.metric);
  }
  const specs = (ids: ReadonlySet<string>): MetricSpec[] => [...ids].flatMap((id) => view.metrics.get(id) ?? []);
  return [...found]
    .map(([family, { metrics, first }]) => ({
      title: titles[family] ?? capital(family),
      metrics: specs(metrics),
      first: specs(first),
    }))
    .filter(({ metrics }) => metrics.length > 0);
};

/** A difference in one word; the interval decides, not the value. */
const wordOf = (metric: MetricSpec, one: Measurement): { tone: Tone; text: string } => {
  const { versus } = one;
  if (versus === undefined) return { tone: 'neutral', text: '' };
  const zero = versus.kind === 'ratio' ? 1 : 0;
  if (versus.low === zero && versus.high === zero) return { tone: 'neutral', text: 'the same' };
  if (versus.low <= zero && versus.high >= zero) return { tone: 'neutral', text: 'no difference shown' };
  if (metric.better === 'neither') return { tone: 'neutral', text: 'changed' };
  const better = versus.value > zero === (metric.better === 'higher');
  return better ? { tone: 'pass', text: 'better' } : { tone: 'fail', text: 'worse' };
};

const none: Cell = { kind: 'none' };

const levelCell = (view: View, metric: MetricSpec, one: Measurement | null): Cell =>
  one === null
    ? none
    : {
        kind: 'number',
        text: levelText(metric, one.value, one, view.currency),
        value: one.value,
        low: one.low,
        high: one.high,
      };

const rowOf = (view: View, version: Version, metric: MetricSpec, slice?: string): readonly Cell[] | null => {
  const one = measurementOf(version, metric.id, slice);
  if (one === null) return null;
  const { versus } = one;
  const name = capital(nounOf(metric));
  return [
    slice === undefined ? { kind: 'text', text: name } : { kind: 'text', text: name, detail: [sliceText(slice)] },
    levelCell(view, metric, measurementOf(view.baseline, metric.id, slice)),
    levelCell(view, metric, one),
    versus === undefined
      ? none
      : {
          kind: 'number',
          text: versusText(metric, versus, view.currency),
          value: versus.value,
          low: versus.low,
          high: versus.high,
        },
    { kind: 'verdict', ...wordOf(metric, one) },
  ];
};

const columns = (version: Version) =>
  [
    { title: 'Metric', align: 'start' },
    { title: 'Original', align: 'end' },
    { title: version.tag === '' ? 'This version' : `Version ${version.tag}`, align: 'end' },
    { title: 'Difference', align: 'end' },
    { title: 'In a word', align: 'start' },
  ] as const;

/** More slices than this are for machines: they are in the JSON Lines. */
const mostSlices = 24;

/** One version beside the original: a table a family, groups of the data and kinds of disturbance included. */
const pageOf = (view: View, version: Version): Block[] =>
  sidesOf(view, version).map(({ title, metrics }) => {
    const rows = metrics.flatMap((metric) => {
      const slices = (version.measured.get('evaluation') ?? []).flatMap(({ metric: id, slice }) =>
        id === metric.id && slice !== undefined ? [slice] : [],
      );
      const all = [undefined, ...slices.slice(0, mostSlices)].flatMap((slice) => {
        const row = rowOf(view, version, metric, slice);
        return row === null ? [] : [row];
      });
      return all;
    });
    return {
      kind: 'table' as const,
      caption: title,
      columns: columns(version),
      rows,
      notes: metrics.map((metric) => `${capital(nounOf(metric))}: ${metric.definition}`),
    };
  });

/** Every side of the version that the report is about, beside the original; every other version in the same form, folded away. */
export const sidesSection = (view: View): Block[] => {
  const { subject } = view;
  if (subject === null || subject.id === baselineId) return [];
  const sides = sidesOf(view, subject);
  const telling = sides.flatMap(({ first }) => first);
  const rows = telling.flatMap((metric) => {
    const row = rowOf(view, subject, metric);
    return row === null ? [] : [row];
  });
  if (rows.length === 0) return [];
  const others = view.candidates.filter((one) => one !== subject && sidesOf(view, one).length > 0);
  return [
    { kind: 'heading', level: 2, text: 'All sides at a glance' },
    {
      kind: 'table',
      caption: `${subject.id} beside the original`,
      columns: columns(subject),
      rows,
      notes: [
        `In brackets: ${percentOf(view.confidence)} intervals of the difference. “Better” and “worse” are said only where the whole interval lies on one side; “no difference shown” is not proof that there is none.`,
      ],
    },
    { kind: 'details', title: `Every metric of ${subject.id}`, blocks: pageOf(view, subject) },
    ...others.map((one): Block => ({ kind: 'details', title: `Every metric of ${one.id}`, blocks: pageOf(view, one) })),
  ];
};
