import type { Comparison, Gate, Measurement, MetricSpec } from '../../contracts/index.ts';
import {
  bytes,
  decimalsFor,
  differenceScale,
  fixed,
  percent,
  scaleOf,
  show,
  signed,
  together,
  type Scale,
  type Shown,
} from '../numbers.ts';
import { capital } from '../text.ts';
import { sliceText } from './slice-text.ts';
import { nounOf, wordsOf } from './words.ts';

export { sliceText } from './slice-text.ts';
export { labelOf, nounOf } from './words.ts';

/** A ratio as a reader says it: "2.9× faster" for times, "71 % less" for amounts, "3.1×" for rates. */
const sayRatio = (metric: MetricSpec, { value, low, high }: Comparison): { shown: Shown; gain: boolean | null } => {
  const exact = low === high;
  // A hundredth more or less is nothing that a user notices, however surely it is measured.
  const negligible = low > 0.99 && high < 1.01;
  const unchanged = negligible || (exact ? value === 1 : low <= 1 && high >= 1);
  const gain = unchanged ? null : value < 1 === (metric.better === 'lower');
  const isTime = metric.unit === 'ms' || metric.unit === 's';
  if (isTime) return { shown: value <= 1 ? show(1 / value, 1 / high, 1 / low) : show(value, low, high), gain };
  if (metric.better === 'lower')
    return {
      shown: value <= 1 ? percent(1 - value, 1 - high, 1 - low) : percent(value - 1, low - 1, high - 1),
      gain,
    };
  return { shown: show(value, low, high), gain };
};

/** "answers 2.9× faster [2.7, 3.1]" and whether that is a gain; null: no change can be measured. */
export const ratioPhrase = (metric: MetricSpec, versus: Comparison): { text: string; gain: boolean | null } => {
  const { shown, gain } = sayRatio(metric, versus);
  const said = wordsOf(metric);
  if (gain === null) return { text: said.same, gain };
  const phrase = (gain ? said.better : said.worse).replace('{}', shown.text);
  return { text: shown.interval === undefined ? phrase : `${phrase} ${shown.interval}`, gain };
};

/** The key figure of a ratio: "2.9×" as fast or as many, "−71 %" of what there should be less of. */
export const ratioFigure = (metric: MetricSpec, versus: Comparison): Shown => {
  const { value, low, high } = versus;
  if (metric.unit === 'ms' || metric.unit === 's') {
    const { text, interval } = show(1 / value, 1 / high, 1 / low);
    return { text: `${text}×`, interval };
  }
  if (metric.better !== 'lower') {
    const { text, interval } = show(value, low, high);
    return { text: `${text}×`, interval };
  }
  const change = percent(versus.value - 1, versus.low - 1, versus.high - 1, signed);
  return { text: `${change.text} %`, interval: change.interval };
};

/** A level with its unit: "11.9 ms", "92.4 %", "21.7 MB". */
export const levelText = (
  metric: MetricSpec,
  value: number,
  near: Measurement | null,
  currency: string | null,
): string => {
  if (metric.unit === 'bytes' && (near === null || near.low === near.high)) return bytes(value);
  const { factor, label, least = -12 } = scaleOf(metric.unit, near?.value ?? value, currency);
  const decimals =
    near === null
      ? plainDecimals(value * factor)
      : Math.max(least, decimalsFor(near.value * factor, near.low * factor, near.high * factor));
  const text = fixed(value * factor, decimals);
  return label === '' ? text : label === '×' ? `${text}×` : `${text} ${label}`;
};

/** A limit as the user wrote it: no more decimals than it has, at most four. */
const plainDecimals = (value: number): number => {
  for (let decimals = 0; decimals < 4; decimals++)
    if (Math.abs(value - Number(value.toFixed(decimals))) < 1e-9 * Math.max(1, Math.abs(value))) return decimals;
  return 4;
};

/** A change against the original, signed: points for proportions, per cent for ratios. */
export const changeShown = (
  metric: MetricSpec,
  versus: Comparison,
  currency: string | null,
): { shown: Shown; unit: string } => {
  if (versus.kind === 'ratio')
    return { shown: percent(versus.value - 1, versus.low - 1, versus.high - 1, signed), unit: ' %' };
  const scale = differenceScale(metric.unit, versus.value, currency);
  return { shown: showScaled(versus, scale, signed), unit: scale.label === '' ? '' : ` ${scale.label}` };
};

/** "−0.1 points [−0.6, +0.4]", "−65 % [−67, −63]" */
export const versusText = (metric: MetricSpec, versus: Comparison, currency: string | null): string => {
  const { shown, unit } = changeShown(metric, versus, currency);
  return together(shown, unit);
};

/** A ratio near 1 as a change: "+0.4 % [−0.9, +1.6]". */
export const ratioSpread = ({ value, low, high }: Comparison): string =>
  together(percent(value - 1, low - 1, high - 1, signed), ' %');

/** One end of a change, with as many decimals as the whole of it supports: "−2.2 points". */
export const changeEnd = (metric: MetricSpec, value: number, versus: Comparison, currency: string | null): string => {
  const ratio = versus.kind === 'ratio';
  const { factor, label } = ratio ? { factor: 100, label: '%' } : differenceScale(metric.unit, value, currency);
  if (versus.low === versus.high) {
    const { shown, unit } = changeShown(metric, versus, currency);
    return `${shown.text}${unit}`;
  }
  const [at, low, high] = [versus.value, versus.low, versus.high].map((one) => (one - (ratio ? 1 : 0)) * factor);
  const decimals = decimalsFor(at!, low, high);
  return `${signed((value - (ratio ? 1 : 0)) * factor, decimals)}${label === '' ? '' : ` ${label}`}`;
};

/** An interval in a scale. */
export const showScaled = (
  span: { readonly value: number; readonly low: number; readonly high: number },
  { factor, least }: Scale,
  format = fixed,
): Shown => show(span.value * factor, span.low * factor, span.high * factor, format, least);

/** A level's interval in its own unit. */
export const spanShown = (metric: MetricSpec, one: Measurement, currency: string | null): Shown =>
  showScaled(one, scaleOf(metric.unit, one.value, currency));

/** A condition in plain words: "Accuracy: at most 1.5 points worse than the original". */
export const conditionText = (gate: Gate, metric: MetricSpec | undefined, currency: string | null): string => {
  const who = gate.slice === undefined ? '' : ` (${sliceText(gate.slice, gate.metric)})`;
  const title = `${metric === undefined ? gate.metric : capital(nounOf(metric))}${who}`;
  const { kind, value } = gate.limit;
  if (metric === undefined) return `${title}: ${kind.replaceAll('-', ' ')} ${value}`;
  if (kind !== 'worse-by-at-most')
    return `${title}: ${kind === 'at-most' ? 'at most' : 'at least'} ${levelText(metric, value, null, currency)}`;
  const scale =
    metric.versus === 'ratio' ? { factor: 100, label: '%' } : differenceScale(metric.unit, Math.abs(value), currency);
  const amount = Math.abs(value) * scale.factor;
  const label = amount === 1 && scale.label === 'points' ? 'point' : scale.label;
  const text = `${fixed(amount, plainDecimals(amount))}${label === '' ? '' : ` ${label}`}`;
  if (value === 0) return `${title}: not worse than the original`;
  if (value > 0) return `${title}: at most ${text} worse than the original`;
  return `${title}: at least ${text} ${metric.better === 'lower' ? 'lower' : 'higher'} than the original`;
};
