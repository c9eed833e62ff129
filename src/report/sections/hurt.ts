import { caveatText, type Comparison, type Measurement } from '../../contracts/index.ts';
import { differenceScale, fixed, scaleOf, show, signed, together } from '../numbers.ts';
import { listed, plural } from '../text.ts';
import { percentOf } from '../view.ts';
import { showScaled, sliceText } from './phrases.ts';

/** What is known about the groups of one version and of the original, in the words of the evaluators. */
export interface GroupFacts {
  readonly version: readonly Measurement[];
  readonly original: readonly Measurement[];
  /** Metric with the accuracy of a group in its slices. */
  readonly accuracy: string;
  readonly confidence: number;
}

const points = (versus: Comparison): string =>
  together(showScaled(versus, differenceScale('proportion', 1, null), signed), ' points');
const level = (one: Measurement): string => together(showScaled(one, scaleOf('proportion', 1, null)), ' %');

/** "p = 0.012"; what was never reached by shuffling is said as a bound. */
const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${fixed(p, p < 0.01 ? 3 : 2)}`);

/** "groups=style" → "style" */
export const familyOf = (slice: string): string => slice.replace(/^groups=/, '');

const slices = (all: readonly Measurement[], metric: string): Measurement[] =>
  all.filter((one) => one.metric === metric && one.slice !== undefined);
const whole = (all: readonly Measurement[], metric: string): Measurement | undefined =>
  all.find((one) => one.metric === metric && one.slice === undefined);

/** Groups whose loss is proven, the largest first. */
export const hurtGroups = ({ version, accuracy }: GroupFacts): Measurement[] =>
  slices(version, accuracy)
    .filter(({ versus }) => versus !== undefined && versus.high < 0)
    .toSorted((a, b) => a.versus!.value - b.versus!.value);

const lossSentences = (facts: GroupFacts): string[] => {
  const { version, accuracy, confidence } = facts;
  const all = slices(version, accuracy);
  if (all.length === 0) return [];
  const hurt = hurtGroups(facts);
  const together = all.some(({ versus }) => versus?.method.includes('together') === true);
  const surely = together ? ` (at ${percentOf(confidence)} confidence for all ${all.length} groups at once)` : '';
  const loss = whole(version, 'worst-group-loss');
  const most =
    loss === undefined || loss.high <= 0
      ? ''
      : ` No group loses more than ${fixed(Math.ceil(loss.high * 1000) / 10, 1)} points (at ${percentOf(confidence)} confidence).`;
  return hurt.length === 0
    ? [`No group is measurably worse off than with the original.${most}`]
    : [
        `Measurably worse off than with the original${surely}: ${listed(hurt.map(({ slice, versus }) => `${sliceText(slice!)} (${points(versus!)})`))}.${most}`,
      ];
};

const worstSentences = ({ version, original, accuracy }: GroupFacts): string[] => {
  const least = (all: readonly Measurement[]): Measurement | undefined =>
    // Crossings are for the table.
    slices(all, accuracy)
      .filter(({ slice }) => !slice!.split('=')[0]!.includes(' × '))
      .toSorted((a, b) => a.value - b.value)[0];
  const [now, before, against] = [least(version), least(original), whole(version, 'worst-group-accuracy')?.versus];
  if (now === undefined || before === undefined) return [];
  const change = against === undefined ? '' : `; the worst against the worst: ${points(against)}`;
  return now.slice === before.slice
    ? [`Served worst is ${sliceText(now.slice!)}: ${level(now)} right, with the original ${level(before)}${change}.`]
    : [
        `Served worst is now ${sliceText(now.slice!)}: ${level(now)} right; with the original it was ${sliceText(before.slice!)}: ${level(before)}${change}.`,
      ];
};

const harmSentences = ({ version }: GroupFacts): string[] => {
  const harmed = slices(version, 'group-harm')
    .filter(({ low }) => low > 1)
    .toSorted((a, b) => b.value - a.value);
  const text = (one: Measurement): string => together(show(one.value, one.low, one.high), ' times');
  return harmed.length === 0
    ? []
    : [
        `Right answers were lost more often than in all data among ${listed(harmed.map((one) => `${sliceText(one.slice!)} (${text(one)})`))}.`,
      ];
};

const spreadSentences = ({ version, confidence }: GroupFacts): string[] =>
  (
    [
      ['harm-by-group', 'Lost answers'],
      ['flips-by-group', 'Changed answers'],
    ] as const
  ).flatMap(([metric, what]) => {
    const tested = slices(version, metric);
    if (tested.length === 0) return [];
    // Several columns are several looks: each must clear its share.
    const limit = (1 - confidence) / tested.length;
    const uneven = tested.filter(({ value }) => value <= limit);
    const names = (some: readonly Measurement[]): string =>
      listed(some.map(({ slice, value }) => `${familyOf(slice!)} (${pText(value)})`));
    return uneven.length > 0
      ? [`${what} fall on some groups more than chance would have it: by ${names(uneven)}.`]
      : [`${what} are spread over the groups as chance would spread them: by ${names(tested)}.`];
  });

const gapSentences = ({ version }: GroupFacts): string[] => {
  const grown = slices(version, 'accuracy-gap').filter(({ versus }) => versus !== undefined && versus.low > 0);
  return grown.map(
    ({ slice, value, versus }) =>
      `The gap between the groups of ${familyOf(slice!)} grew to ${fixed(value * 100, 1)} points (${points(versus!)}).`,
  );
};

/** Who is hurt, in plain sentences, the gravest first: whose losses are proven, who is served worst, who lost more than their share, whether
 *  that is more than chance, and gaps that grew. Empty when nothing was measured by group. */
export const whoIsHurt = (facts: GroupFacts): string[] =>
  [lossSentences, worstSentences, harmSentences, gapSentences, spreadSentences].flatMap((part) => part(facts));

/** What could not be said, in one sentence; null: nothing is missing. */
export const notReported = (version: readonly Measurement[]): string | null => {
  const compared = whole(version, 'groups-compared');
  const missing = compared === undefined ? undefined : caveatText(compared);
  if (compared === undefined || missing === undefined) return null;
  return `${plural(compared.value, 'group')} ${compared.value === 1 ? 'is' : 'are'} large enough to report. Left out: ${missing}.`;
};
