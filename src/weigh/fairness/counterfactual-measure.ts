import {
  fewestItems,
  needed,
  noted,
  tooFew,
  untold,
  type Comparison,
  type Evidence,
  type Measurement,
  type Predictions,
  type TooFew,
} from '../../contracts/index.ts';
import { bootstrapMean, tangoInterval, wilson } from '../../statistics/index.ts';
import type { Random } from '../../contracts/index.ts';
import { probabilities } from '../quality/softmax.ts';
import { counterfactualMetrics, type CounterfactualMetric } from './counterfactual-metrics.ts';
import type { GivenPair } from './pairs.ts';

const unitOf = new Map(counterfactualMetrics.map(({ id, unit }) => [id, unit] as const));

/** A text of the data and the same text about somebody else. */
export interface Swap {
  /** Row of the data, and row among the swapped texts. */
  readonly row: number;
  readonly at: number;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
}

export interface Answered {
  readonly original: Predictions;
  readonly swapped: Predictions;
}

/** A share of items, on its own and against the original's on the same items. */
export const share = (
  metric: CounterfactualMetric,
  now: readonly boolean[],
  before: readonly boolean[] | null,
  confidence: number,
  more: Pick<Measurement, 'slice' | 'caveat' | 'refused'> = {},
): Measurement => {
  const n = now.length;
  const count = now.filter(Boolean).length;
  const own = {
    metric,
    unit: unitOf.get(metric)!,
    value: count / n,
    ...wilson(count, n, confidence),
    confidence,
    samples: n,
    ...more,
  };
  if (before === null) return own;
  const both = (was: boolean, is: boolean): number => now.filter((one, at) => one === is && before[at] === was).length;
  const [b, c] = [both(true, false), both(false, true)];
  const evidence: Evidence = {
    kind: 'pairs',
    bothRight: both(true, true),
    onlyBaselineRight: b,
    onlyCandidateRight: c,
    bothWrong: both(false, false),
  };
  const versus: Comparison = {
    kind: 'difference',
    value: (c - b) / n,
    ...tangoInterval({ b, c, n }, confidence),
    evidence,
    method: `Tango score interval on ${n.toLocaleString('en-US')} paired comparisons`,
  };
  return { ...own, versus };
};

/** Which swaps keep the answer. */
const keptBy = ({ original, swapped }: Answered, swaps: readonly Swap[]): boolean[] =>
  swaps.map(({ row, at }) => original.predicted[row] === swapped.predicted[at]);

const kindsIn = (swaps: readonly Swap[]): readonly (readonly [kind: string, some: readonly Swap[]])[] =>
  [...new Set(swaps.map(({ kind }) => kind))].map((kind) => [kind, swaps.filter((swap) => swap.kind === kind)]);

/** Kinds of swaps with too few texts to report. */
export const rareKinds = (swaps: readonly Swap[]): TooFew[] =>
  kindsIn(swaps)
    .filter(([, some]) => some.length < fewestItems)
    .map(([kind, some]) => tooFew(`kind=${kind}`, some.length, 'text'));

/** The share of texts that keep their answer through all swaps, and per kind of swap. Of fewer than 30 texts no share is told: kinds are refused by
 *  name (`rare`), the whole has no value. */
export const consistency = (
  swaps: readonly Swap[],
  now: Answered,
  before: Answered | null,
  confidence: number,
  remarks: readonly string[],
  rare: readonly TooFew[],
): Measurement[] => {
  const rows = [...new Set(swaps.map(({ row }) => row))];
  const throughAll = (answered: Answered): boolean[] => {
    const lost = new Set(swaps.filter((_, at) => !keptBy(answered, swaps)[at]).map(({ row }) => row));
    return rows.map((row) => !lost.has(row));
  };
  const metric = counterfactualMetrics.find(({ id }) => id === 'counterfactual-consistency')!;
  if (rows.length < fewestItems)
    return [
      untold(metric, rows.length, confidence, [needed(rows.length, 'texts with somebody to swap'), ...remarks], rare),
    ];
  const kinds = kindsIn(swaps).filter(([, some]) => some.length >= fewestItems);
  return [
    share(
      'counterfactual-consistency',
      throughAll(now),
      before === null ? null : throughAll(before),
      confidence,
      noted(remarks, rare),
    ),
    ...kinds.map(([kind, some]) => {
      const was = before === null ? null : keptBy(before, some);
      return share('counterfactual-consistency', keptBy(now, some), was, confidence, { slice: `kind=${kind}` });
    }),
  ];
};

/** For every group of a kind: how much more probable the answer is when a text is about it than when it is about somebody else. The answer
 *  is `labelOf(row)`, the same for every version. */
export const leaning = (
  swaps: readonly Swap[],
  now: Answered,
  before: Answered | null,
  labelOf: (row: number) => number,
  confidence: number,
  random: (label: string) => Random,
): Measurement[] => {
  const classes = now.original.labels.length;
  const chance = ({ scores }: Predictions, row: number, label: number): number =>
    probabilities(scores, row * classes, classes)[label]!;
  // About the new group minus about the old one.
  const moved = (answered: Answered): number[] =>
    swaps.map(
      ({ row, at }) => chance(answered.swapped, at, labelOf(row)) - chance(answered.original, row, labelOf(row)),
    );
  const [after, then] = [moved(now), before === null ? null : moved(before)];
  const names = [...new Set(swaps.flatMap(({ kind, from, to }) => [`${kind}: ${from}`, `${kind}: ${to}`]))].toSorted();
  // Of two groups each leans as far from the other: the one that is swapped to more often is told.
  const mirrored = (name: string): boolean => {
    const [kind] = name.split(': ') as [string];
    const both = names.filter((one) => one.startsWith(`${kind}: `));
    const arrivals = (one: string): number => swaps.filter((swap) => `${swap.kind}: ${swap.to}` === one).length;
    return (
      both.length === 2 &&
      both.some((one) => one !== name && (arrivals(one) - arrivals(name) || (one < name ? 1 : -1)) > 0)
    );
  };
  return names.flatMap((name) => {
    if (mirrored(name)) return [];
    const at = [...swaps.keys()].filter((index) => {
      const { kind, from, to } = swaps[index]!;
      return `${kind}: ${from}` === name || `${kind}: ${to}` === name;
    });
    if (at.length < fewestItems) return [];
    const toward = (index: number): number => (`${swaps[index]!.kind}: ${swaps[index]!.to}` === name ? 1 : -1);
    const values = at.map((index) => toward(index) * after[index]!);
    const mean = (some: readonly number[]): number => some.reduce((sum, one) => sum + one, 0) / some.length;
    const draws = { confidence, replicates: 2000 };
    const label = `fairness/counterfactual ${name}`;
    const own = bootstrapMean(values, { ...draws, random: random(label) });
    const value = mean(values);
    const measured: Measurement = {
      metric: 'counterfactual-shift',
      unit: 'score',
      value,
      low: Math.min(own.low, value),
      high: Math.max(own.high, value),
      confidence,
      samples: at.length,
      slice: `group=${name}`,
    };
    if (then === null) return [measured];
    const differences = at.map((index, place) => values[place]! - toward(index) * then[index]!);
    const { low, high, evidence } = bootstrapMean(differences, { ...draws, random: random(label) });
    const versus: Comparison = {
      kind: 'difference',
      value: mean(differences),
      low,
      high,
      evidence,
      method: `paired bootstrap over ${at.length.toLocaleString('en-US')} swaps, 2,000 draws`,
    };
    return [{ ...measured, versus }];
  });
};

/** Given pairs: those that must agree, those that must differ, and both right. Of fewer than 30 pairs no share is told. */
export const givenPairs = (
  pairs: readonly GivenPair[],
  truth: Int32Array,
  now: Int32Array,
  before: Int32Array | null,
  confidence: number,
  odd: number,
): Measurement[] => {
  const agree = (predicted: Int32Array, { rows: [one, two] }: GivenPair): boolean => predicted[one] === predicted[two];
  const notes =
    odd === 0 ? [] : [`${odd} ${odd === 1 ? 'value is' : 'values are'} not on exactly two rows and left out`];
  const right = (predicted: Int32Array, { rows }: GivenPair): boolean =>
    rows.every((row) => predicted[row] === truth[row]);
  const told = (
    metric: CounterfactualMetric,
    some: readonly GivenPair[],
    holds: (predicted: Int32Array, pair: GivenPair) => boolean,
  ): Measurement[] =>
    some.length === 0
      ? []
      : some.length < fewestItems
        ? [
            untold(
              counterfactualMetrics.find(({ id }) => id === metric)!,
              some.length,
              confidence,
              [needed(some.length, 'such pairs'), ...notes],
            ),
          ]
        : [
            share(
              metric,
              some.map((pair) => holds(now, pair)),
              before === null ? null : some.map((pair) => holds(before, pair)),
              confidence,
              notes.length === 0 ? {} : { caveat: notes.join('; ') },
            ),
          ];
  return [
    // Without right answers a pair differs in what should not matter.
    ...told(
      'pair-consistency',
      pairs.filter(({ kind }) => kind !== 'different'),
      agree,
    ),
    ...told(
      'pair-flips',
      pairs.filter(({ kind }) => kind === 'different'),
      (predicted, pair) => !agree(predicted, pair),
    ),
    ...told(
      'pair-right',
      pairs.filter(({ kind }) => kind !== 'unknown'),
      right,
    ),
  ];
};
