import { fewestItems, type Measurement, type MetricSpec } from '../../contracts/index.ts';
import type { Cell, Tone } from '../blocks.ts';
import { percentOf, type View } from '../view.ts';
import { changeShown, levelText, spanShown } from './phrases.ts';

/** A difference in one word; the interval decides, not the value. */
export const wordOf = (
  { better }: MetricSpec,
  versus: Measurement['versus'],
): { readonly tone: Tone; readonly text: string } => {
  if (versus === undefined) return { tone: 'neutral', text: '' };
  const zero = versus.kind === 'ratio' ? 1 : 0;
  if (versus.low === zero && versus.high === zero) return { tone: 'neutral', text: 'the same' };
  if (versus.low <= zero && versus.high >= zero) return { tone: 'neutral', text: 'none shown' };
  if (better === 'neither') return { tone: 'neutral', text: 'changed' };
  return versus.value > zero === (better === 'higher')
    ? { tone: 'pass', text: 'better' }
    : { tone: 'fail', text: 'worse' };
};

/** The word as a cell. */
export const wordCell = (metric: MetricSpec, versus: Measurement['versus']): Cell =>
  versus === undefined ? { kind: 'none' } : { kind: 'verdict', ...wordOf(metric, versus) };

/** A share of a handful of items: told as a count, and compared with nothing. */
export const isFew = ({ slice, unit, samples }: Measurement): boolean =>
  slice !== undefined && unit === 'proportion' && samples < fewestItems;

const countText = ({ value, samples }: Measurement): string | null => {
  const count = value * samples;
  return Math.abs(count - Math.round(count)) < 1e-6 ? `${Math.round(count)} of ${samples}` : null;
};

/** A level with its unit; a share of a handful of items as "2 of 5", and nothing where it counts none. */
export const levelCell = (view: View, metric: MetricSpec, one: Measurement | null): Cell => {
  if (one === null) return { kind: 'none' };
  const few = isFew(one) ? countText(one) : undefined;
  return few === null
    ? { kind: 'none' }
    : {
        kind: 'number',
        text: few ?? levelText(metric, one.value, one, view.currency),
        value: one.value,
        low: one.low,
        high: one.high,
      };
};

/** A level that nothing is compared with: its own interval says how well it is known. */
export const aloneCell = (view: View, metric: MetricSpec, one: Measurement | null): Cell => {
  const cell = levelCell(view, metric, one);
  if (cell.kind !== 'number' || one === null || one.versus !== undefined) return cell;
  const { interval } = spanShown(metric, one, view.currency);
  return interval === undefined ? cell : { ...cell, interval };
};

/** A change with its unit and interval, marked where the interval says whether it is for the better. */
export const changeCell = (view: View, metric: MetricSpec, versus: Measurement['versus'], marked = false): Cell => {
  if (versus === undefined) return { kind: 'none' };
  const { shown, unit } = changeShown(metric, versus, view.currency);
  const { value, low, high } = versus;
  const { tone } = wordOf(metric, versus);
  return {
    kind: 'number',
    text: `${shown.text}${unit}`,
    ...(shown.interval === undefined ? {} : { interval: shown.interval }),
    value,
    low,
    high,
    ...(marked && tone !== 'neutral' ? { tone } : {}),
  };
};

/** How to read the words of a difference. */
export const wordsNote = (view: View): string =>
  `In brackets: ${percentOf(view.intervals)} intervals of the difference. “Better” and “worse” are said only where the whole interval lies on one side. “None shown”: no difference was shown, which is no proof that there is none.`;
