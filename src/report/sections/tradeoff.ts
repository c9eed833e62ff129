import type { Measurement, MetricSpec } from '../../contracts/index.ts';
import type { Axis, Block, Cell, Scatter, Span } from '../blocks.ts';
import { differenceScale, type Scale } from '../numbers.ts';
import { capital, plural } from '../text.ts';
import { nounOf } from './phrases.ts';
import { measurementOf, percentOf, type Version, type View } from '../view.ts';

const isQuality = (metric: MetricSpec): boolean => metric.unit === 'proportion' || metric.unit === 'score';

const first = (view: View, ids: readonly string[], fits: (metric: MetricSpec) => boolean): MetricSpec | null => {
  for (const id of ids) {
    const metric = view.metrics.get(id);
    if (metric === undefined || !fits(metric)) continue;
    if (view.candidates.some((version) => measurementOf(version, id)?.versus !== undefined)) return metric;
  }
  return null;
};

const axisOf = (metric: MetricSpec, currency: string | null): { axis: Axis; scale: Scale } => {
  const better = metric.better === 'neither' ? null : metric.better === 'lower' ? 'low' : 'high';
  if (metric.versus === 'ratio')
    return {
      axis: { label: `${capital(nounOf(metric))}, original = 1`, unit: '', better },
      scale: { factor: 1, label: '×' },
    };
  const scale = differenceScale(metric.unit, 0, currency);
  return { axis: { label: `${capital(nounOf(metric))} difference`, unit: scale.label, better }, scale };
};

const spanOf = (one: Measurement, { factor }: Scale): Span | null =>
  one.versus === undefined
    ? null
    : { value: one.versus.value * factor, low: one.versus.low * factor, high: one.versus.high * factor };

/** The scenario's conditions on these axes, as lines. */
const limitsOf = (view: View, metric: MetricSpec, axis: 'x' | 'y', scale: Scale): Scatter['limits'] => {
  const gates = view.candidates.find(({ verdict }) => verdict !== null)?.verdict?.gates ?? [];
  const before = measurementOf(view.baseline, metric.id)?.value;
  const isRatio = metric.versus === 'ratio';
  const sign = metric.better === 'lower' ? 1 : -1;
  return gates.flatMap(({ gate: { metric: id, slice, limit } }) => {
    if (id !== metric.id || slice !== undefined) return [];
    if (limit.kind === 'worse-by-at-most')
      return [{ axis, value: ((isRatio ? 1 : 0) + sign * limit.value) * scale.factor, label: 'condition' }];
    if (before === undefined || (isRatio && before === 0)) return [];
    return [
      { axis, value: (isRatio ? limit.value / before : limit.value - before) * scale.factor, label: 'condition' },
    ];
  });
};

/** (c) What is gained against what is given up: one point a version. */
export const tradeoffSection = (view: View): Block[] => {
  const x = first(view, [...view.prefer, 'latency-p50', 'size', 'memory-peak', 'cost'], (metric) => !isQuality(metric));
  const y = first(
    view,
    ['accuracy', ...view.prefer, 'f1-macro', 'f1-weighted', 'matthews'],
    (metric) => isQuality(metric) && metric.versus === 'difference',
  );
  if (x === null || y === null) return [];
  const horizontal = axisOf(x, view.currency);
  const vertical = axisOf(y, view.currency);
  const points: Scatter['points'][number][] = [];
  for (const version of view.candidates) {
    const one = pointOf(version, x, y, horizontal.scale, vertical.scale);
    if (one !== null) points.push(one);
  }
  if (points.length === 0) return [];
  const origin = (metric: MetricSpec): Span => {
    const value = metric.versus === 'ratio' ? 1 : 0;
    return { value, low: value, high: value };
  };
  points.unshift({ tag: '', name: 'original', role: 'baseline', x: origin(x), y: origin(y) });
  const chosen = points.find(({ role }) => role === 'chosen');
  const good = horizontal.axis.better === 'low' ? 'left' : 'right';
  return [
    { kind: 'heading', level: 2, text: 'Gain against loss', minor: true },
    {
      kind: 'paragraph',
      text:
        `Each point is a version: further ${good} is better in ${nounOf(x)}, further up is better in ${nounOf(y)}. ` +
        `The lines through a point are its ${percentOf(view.intervals)} intervals.`,
    },
    {
      kind: 'scatter',
      title: `${capital(nounOf(y))} against ${nounOf(x)}`,
      description:
        `${plural(points.length - 1, 'version')} and the original at ${horizontal.scale.label === '×' ? '1×' : '0'} and 0. ` +
        (chosen === undefined
          ? 'No version is chosen.'
          : `The chosen version, ${chosen.tag}, is at ${round(chosen.x.value)}${horizontal.scale.label} and ${round(chosen.y.value)} ${vertical.axis.unit}.`),
      x: horizontal.axis,
      y: vertical.axis,
      points,
      limits: [...limitsOf(view, x, 'x', horizontal.scale), ...limitsOf(view, y, 'y', vertical.scale)],
    },
    ...frontBlocks(view),
  ];
};

/** How likely each version is on the front, as measured in full. Nothing for choices that did not say so, or where one version was all there was. */
const frontBlocks = (view: View): Block[] => {
  const { frontShare = {}, knee = null } = view.choice ?? {};
  const shares = Object.entries(frontShare).toSorted((a, b) => b[1] - a[1]);
  if (shares.length < 3) return [];
  const nameOf = (id: string): string => (id === view.baseline.id ? 'the original' : id);
  return [
    {
      kind: 'details',
      title: 'How surely each is worth a look',
      blocks: [
        {
          kind: 'table',
          caption: 'Versions on the front of what is preferred and demanded',
          columns: [
            { title: 'Version', align: 'start', wide: true },
            { title: 'On the front (%)', align: 'end' },
          ],
          rows: shares.map(([id, share]): Cell[] => [
            { kind: 'text', text: `${nameOf(id)}${id === knee ? ' (the knee)' : ''}` },
            { kind: 'number', text: (share * 100).toFixed(0), value: share, low: share, high: share },
          ]),
          notes: [
            'On the front: how likely it is, given the intervals, that no other qualified version is at least as good in everything that is preferred or demanded and better in something.',
            ...(knee === null ? [] : ['The knee: where giving up a little of one thing buys most of the others.']),
          ],
        },
      ],
    },
  ];
};

const round = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');

const pointOf = (
  version: Version,
  x: MetricSpec,
  y: MetricSpec,
  scaleX: Scale,
  scaleY: Scale,
): Scatter['points'][number] | null => {
  const [oneX, oneY] = [measurementOf(version, x.id), measurementOf(version, y.id)];
  if (oneX === null || oneY === null || version.role === 'unmeasured') return null;
  const [spanX, spanY] = [spanOf(oneX, scaleX), spanOf(oneY, scaleY)];
  if (spanX === null || spanY === null || !Number.isFinite(spanX.value) || !Number.isFinite(spanY.value)) return null;
  return { tag: version.tag, name: version.id, role: version.role, x: spanX, y: spanY };
};
