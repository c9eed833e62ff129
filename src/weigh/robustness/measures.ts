import {
  fewestItems,
  needed,
  noted,
  tooFew,
  untold,
  type Measurement,
  type MetricSpec,
  type TooFew,
} from '../../contracts/index.ts';
import { meansOf, pairedVersus, ratiosOf, resampled, type Draws } from './resample.ts';
import { shareOf, sharesVersus } from './shares.ts';
import type { Outcome, Variants } from './variants.ts';

/** What all measurements of a trial have in common. */
export interface Frame {
  readonly variants: Variants;
  readonly draws: Draws;
  readonly confidence: number;
}

const sum = (values: ArrayLike<number>): number => {
  let all = 0;
  for (let item = 0; item < values.length; item++) all += values[item]!;
  return all;
};
const mean = (values: ArrayLike<number>): number => sum(values) / values.length;

/** Per item: the share of kinds under which it is right. */
export const rightShares = ({ kinds, clean }: Outcome): Float64Array =>
  Float64Array.from(clean, (_, item) => kinds.reduce((all, { right }) => all + right[item]!, 0) / kinds.length);

/** Per item: right without any change and under every kind. Source: HELM, worst case over perturbations. */
export const rightThroughout = ({ kinds, clean }: Outcome): Uint8Array =>
  Uint8Array.from(clean, (one, item) => (one === 1 && kinds.every(({ right }) => right[item] === 1) ? 1 : 0));

const minus = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (one, item) => one - b[item]!);

const methodOf = (what: string, { items, replicates }: Draws): string =>
  `${what} over ${items.toLocaleString('en-US')} examples, ${replicates.toLocaleString('en-US')} draws`;

/** The mean of per-item values, and against the baseline the paired difference. */
const meanOf = (
  metric: string,
  own: ArrayLike<number>,
  baseline: ArrayLike<number> | null,
  { draws, confidence }: Frame,
  what: string,
  slice?: string,
): Measurement => {
  const base = resampled(metric, 'proportion', mean(own), meansOf(draws, own), confidence, draws.items);
  const named = slice === undefined ? base : { ...base, slice };
  if (baseline === null) return named;
  const change = minus(own, baseline);
  return {
    ...named,
    versus: pairedVersus('difference', mean(change), meansOf(draws, change), confidence, methodOf(what, draws)),
  };
};

/** Kinds that changed enough texts to be told one by one, with their places; the others count in what is said of all. */
const told = ({ kinds }: Variants): readonly { readonly id: string; readonly kind: number }[] =>
  [...kinds.entries()].flatMap(([kind, { id, changed }]) => (changed < fewestItems ? [] : [{ id, kind }]));

/** Accuracy under each kind that changed at least 30 texts, and the mean under all. `metric` is its id. */
export const accuracyUnderKinds = (
  metric: string,
  own: Outcome,
  baseline: Outcome | null,
  frame: Frame,
): readonly Measurement[] => {
  const { variants, confidence } = frame;
  const before = baseline === null ? null : rightShares(baseline);
  return [
    meanOf(metric, rightShares(own), before, frame, 'paired bootstrap'),
    ...told(variants).map(({ id, kind }): Measurement => {
      const { right } = own.kinds[kind]!;
      const measured = shareOf(metric, right, confidence, `kind=${id}`);
      if (baseline === null) return measured;
      return { ...measured, versus: sharesVersus(baseline.kinds[kind]!.right, right, confidence, 'changed examples') };
    }),
  ];
};

/** Share of examples that are right throughout. */
export const worstAccuracy = (own: Outcome, baseline: Outcome | null, { confidence }: Frame): Measurement => {
  const right = rightThroughout(own);
  const measured = shareOf('worst-accuracy', right, confidence);
  if (baseline === null) return measured;
  return { ...measured, versus: sharesVersus(rightThroughout(baseline), right, confidence, 'examples') };
};

/** Accuracy lost to the changes: clean − perturbed. Against the baseline: the difference in differences
 *  (A_pert − A_clean) − (B_pert − B_clean) with the signs of a loss, B the version and A the original: above 0 it is less robust, not only less accurate. */
export const robustnessLoss = (own: Outcome, baseline: Outcome | null, frame: Frame): readonly Measurement[] => {
  const loss = (outcome: Outcome, kind: number | null): Float64Array =>
    minus(outcome.clean, kind === null ? rightShares(outcome) : outcome.kinds[kind]!.right);
  const one = (kind: number | null, slice?: string): Measurement =>
    meanOf(
      'robustness-loss',
      loss(own, kind),
      baseline === null ? null : loss(baseline, kind),
      frame,
      'difference in differences, paired bootstrap',
      slice,
    );
  return [one(null), ...told(frame.variants).map(({ id, kind }) => one(kind, `kind=${id}`))];
};

/** Perturbed accuracy over clean accuracy. Left out where so few clean answers are right that some draws hold none. */
export const robustnessRatio = (
  own: Outcome,
  baseline: Outcome | null,
  { draws, confidence }: Frame,
): readonly Measurement[] => {
  const ratioOf = (outcome: Outcome): { readonly value: number; readonly replicates: Float64Array } => {
    const shares = rightShares(outcome);
    return { value: sum(shares) / sum(outcome.clean), replicates: ratiosOf(draws, shares, outcome.clean) };
  };
  const mine = ratioOf(own);
  if (!mine.replicates.every(Number.isFinite)) return [];
  const measured = resampled('robustness-ratio', 'ratio', mine.value, mine.replicates, confidence, draws.items);
  if (baseline === null) return [measured];
  const before = ratioOf(baseline);
  const ratios = mine.replicates.map((one, at) => one / before.replicates[at]!);
  if (!ratios.every(Number.isFinite)) return [];
  const method = methodOf('ratio of ratios, paired bootstrap', draws);
  return [{ ...measured, versus: pairedVersus('ratio', mine.value / before.value, ratios, confidence, method) }];
};

/** Share of changed texts that get the same answer as the text they were made from; kinds that bring their own right answer are left out. */
export const consistency = (own: Outcome, baseline: Outcome | null, frame: Frame): readonly Measurement[] => {
  const { variants, draws, confidence } = frame;
  const kinds = variants.kinds.flatMap(({ meaning, at, changed }, kind) =>
    meaning === 'kept' ? [{ at, kind, changed }] : [],
  );
  if (kinds.length === 0) return [];
  const touched = Float64Array.from(variants.rows, (_, item) =>
    kinds.reduce((all, { at }) => all + (at[item]! < 0 ? 0 : 1), 0),
  );
  const keptOf = (outcome: Outcome): Float64Array =>
    touched.map((_, item) =>
      kinds.reduce((all, { at, kind }) => all + (at[item]! < 0 ? 0 : outcome.kinds[kind]!.kept[item]!), 0),
    );
  const wholeOf = (): Measurement[] => {
    const count = kinds.reduce((all, { changed }) => all + changed, 0);
    if (count < fewestItems)
      return [untold({ id: 'consistency', unit: 'proportion' }, count, confidence, [needed(count, 'changed texts')])];
    const kept = keptOf(own);
    const value = sum(kept) / sum(touched);
    const replicates = ratiosOf(draws, kept, touched);
    // So few texts were changed that some draws hold none: the kinds below say what there is to say.
    if (!replicates.every(Number.isFinite)) return [];
    const measured = resampled('consistency', 'proportion', value, replicates, confidence, draws.items);
    if (baseline === null) return [measured];
    const before = keptOf(baseline);
    const change = minus(replicates, ratiosOf(draws, before, touched));
    const difference = value - sum(before) / sum(touched);
    const method = methodOf('paired bootstrap', draws);
    return [{ ...measured, versus: pairedVersus('difference', difference, change, confidence, method) }];
  };
  return [
    ...wholeOf(),
    ...told(variants).flatMap(({ id, kind }): Measurement[] => {
      const { at, meaning } = variants.kinds[kind]!;
      if (meaning !== 'kept') return [];
      const only = (kept: Uint8Array): Uint8Array => kept.filter((_, item) => at[item]! >= 0);
      const kept = only(own.kinds[kind]!.kept);
      const measured = shareOf('consistency', kept, confidence, `kind=${id}`);
      if (baseline === null) return [measured];
      const before = only(baseline.kinds[kind]!.kept);
      return [{ ...measured, versus: sharesVersus(before, kept, confidence, 'changed examples') }];
    }),
  ];
};

/** What to say of a trial whose kinds changed fewer than 30 texts in all: no metric has a value; null where there are enough. */
export const tooFewChanged = (
  { variants, confidence }: Frame,
  metrics: readonly MetricSpec[],
  idle: readonly string[],
): readonly Measurement[] | null => {
  const count = variants.kinds.reduce((all, { changed }) => all + changed, 0);
  if (count >= fewestItems) return null;
  const remarks = [needed(count, 'changed texts'), changedText(variants)];
  return metrics.map((metric) => untold(metric, count, confidence, remarks, unchanged(variants, idle)));
};

/** "texts changed, of 500: typo 212, swap 480, slang 3". */
const changedText = ({ kinds, rows }: Variants): string =>
  `texts changed, of ${rows.length.toLocaleString('en-US')}: ${kinds.map(({ id, changed }) => `${id} ${changed.toLocaleString('en-US')}`).join(', ')}`;

/** Kinds that changed too few texts to be told one by one, or (`idle`) none. */
const unchanged = ({ kinds }: Variants, idle: readonly string[]): readonly TooFew[] => [
  ...kinds
    .filter(({ changed }) => changed < fewestItems)
    .map(({ id, changed }) => tooFew(`kind=${id}`, changed, 'changed text')),
  ...idle.map((id) => tooFew(`kind=${id}`, 0, 'changed text')),
];

/** How many texts each kind changed, and the kinds that are refused for it; `idle` changed none. */
export const changedNotes = (variants: Variants, idle: readonly string[]): Pick<Measurement, 'caveat' | 'refused'> =>
  noted([changedText(variants)], unchanged(variants, idle));
