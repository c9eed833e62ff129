import type { Comparison } from '../../contracts/index.ts';
import { tangoInterval, wilson, type Pairs } from '../../statistics/index.ts';
import type { Extreme } from './worst.ts';

/** How a group did, before and now. */
export interface GroupPairs extends Pairs {
  /** Right answers of the original, and of the version. */
  readonly before: number;
  readonly now: number;
}

/** How a bound's error rate is spent: on overlooking the group that is truly extreme when only plausible ones are looked at, and on the
 *  bound of that group's change. */
const spend = (p: number): { readonly overlook: number; readonly bound: number } => ({
  overlook: p / 5,
  bound: (4 * p) / 5,
});
/** One-sided error rates at which bounds are computed; between them evidence is interpolated. */
const levels = [
  0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0065, 0.008, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03,
  0.04, 0.05, 0.0625, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5,
];

type Side = 'least' | 'most';

/** Groups that may truly have the least (most) right answers: all whose share is not surely above (below) another's. The true one is left
 *  out with probability `overlook` at most. */
const plausible = (right: readonly number[], rows: readonly number[], side: Side, overlook: number): number[] => {
  const own = 1 - overlook;
  const others = 1 - overlook / rows.length;
  const flip = (group: number): number => (side === 'least' ? right[group]! : rows[group]! - right[group]!);
  const reach = Math.min(...rows.map((n, group) => wilson(flip(group), n, others).high));
  return [...rows.keys()].filter((group) => wilson(flip(group), rows[group]!, own).low <= reach);
};

/** A comparison from its one-sided bounds at every level. `low(p)` errs with probability p at most, `high(p)` too. */
const compare = (
  value: number,
  confidence: number,
  low: (p: number) => number,
  high: (p: number) => number,
  method: string,
): Comparison => {
  // A bound for less error is never the tighter one.
  let [least, most] = [value, value];
  const down = levels.toReversed();
  const below = down.map((p) => (least = Math.min(least, low(p)))).toReversed();
  const above = down.map((p) => (most = Math.max(most, high(p))));
  const probabilities = [...levels, ...levels.map((p) => 1 - p).toReversed()];
  const tail = (1 - confidence) / 2;
  return {
    kind: 'difference',
    value,
    low: Math.min(value, low(tail)),
    high: Math.max(value, high(tail)),
    // A confidence distribution: the quantile at p is the bound that errs with probability p.
    evidence: { kind: 'bootstrap', probabilities, values: [...below, ...above] },
    method,
  };
};

/** Bounds of every group's change at a one-sided error rate, remembered. */
const changes = (groups: readonly GroupPairs[]): ((p: number) => readonly { low: number; high: number }[]) => {
  const known = new Map<number, { low: number; high: number }[]>();
  return (p) => {
    const again = known.get(p);
    if (again !== undefined) return again;
    const bounds = groups.map((pairs) => tangoInterval(pairs, 1 - 2 * p));
    known.set(p, bounds);
    return bounds;
  };
};

const shareOf = (counts: readonly number[], groups: readonly GroupPairs[]): number[] =>
  counts.map((right, group) => right / groups[group]!.n);

/** The version's worst group minus the original's, whichever each is. The change is at least that of the group which is truly the version's
 *  worst, and at most that of the group which is truly the original's: so the interval is the hull of the changes of all groups that may be
 *  that one. A bootstrap of the two minima would be too sure: where groups are alike, every draw finds the original's worst group lower
 *  than it is. Each group: Tango's score interval of its pairs. */
export const worstVersus = (groups: readonly GroupPairs[], confidence: number): Comparison => {
  const [before, now, rows] = [groups.map((one) => one.before), groups.map((one) => one.now), groups.map(({ n }) => n)];
  const value = Math.min(...shareOf(now, groups)) - Math.min(...shareOf(before, groups));
  const at = changes(groups);
  const may = (right: readonly number[], p: number) => plausible(right, rows, 'least', spend(p).overlook);
  const candidates = may(now, (1 - confidence) / 2).length;
  return compare(
    value,
    confidence,
    (p) => Math.min(...may(now, p).map((group) => at(spend(p).bound)[group]!.low)),
    (p) => Math.max(...may(before, p).map((group) => at(spend(p).bound)[group]!.high)),
    `hull of Tango score intervals of the groups that may be the worst (${candidates} of ${groups.length})`,
  );
};

/** Difference of two groups' values from their own bounds. Source: MOVER, Zou & Donner 2008 (Newcombe 1998 for proportions). */
const apart = (
  one: { value: number; low: number; high: number },
  two: { value: number; low: number; high: number },
): { low: number; high: number } => {
  const value = one.value - two.value;
  return {
    low: value - Math.hypot(one.value - one.low, two.high - two.value),
    high: value + Math.hypot(one.high - one.value, two.value - two.low),
  };
};

/** Families of groups of which one gap each is taken, the widest counts: group indices. */
export type Columns = readonly (readonly number[])[];

interface PairOfGroups {
  readonly most: number;
  readonly least: number;
}

/** Pairs of groups of one column that may truly be its best and its worst. */
const plausiblePairs = (
  columns: Columns,
  right: readonly number[],
  rows: readonly number[],
  overlook: number,
): PairOfGroups[] =>
  columns.flatMap((column) => {
    const [some, of] = [column.map((group) => right[group]!), column.map((group) => rows[group]!)];
    const best = plausible(some, of, 'most', overlook / 2).map((at) => column[at]!);
    const worst = plausible(some, of, 'least', overlook / 2).map((at) => column[at]!);
    return best.flatMap((most) => worst.flatMap((least) => (most === least ? [] : [{ most, least }])));
  });

const widest = (columns: Columns, shares: readonly number[]): number =>
  Math.max(
    ...columns.map((column) => {
      const some = column.map((group) => shares[group]!);
      return Math.max(...some) - Math.min(...some);
    }),
  );

/** Greatest minus least share of right answers of a column's groups (of several columns: the widest), with the hull of what the groups that
 *  may be extreme allow. Columns need two groups at least. Source: fairlearn MetricFrame.difference(method="between_groups"). */
export const gapOwn = (groups: readonly GroupPairs[], columns: Columns, confidence: number): Omit<Extreme, 'at'> => {
  const now = groups.map((one) => one.now);
  const shares = shareOf(now, groups);
  const value = widest(columns, shares);
  const { overlook, bound } = spend((1 - confidence) / 2);
  const bounds = groups.map(({ n, now: right }) => ({ value: right / n, ...wilson(right, n, 1 - 2 * bound) }));
  const spans = plausiblePairs(
    columns,
    now,
    groups.map(({ n }) => n),
    overlook,
  ).map(({ most, least }) => apart(bounds[most]!, bounds[least]!));
  return {
    value,
    // Whatever the truth, a gap is not below zero.
    low: Math.max(0, Math.min(value, ...spans.map(({ low }) => low))),
    high: Math.max(value, ...spans.map(({ high }) => high)),
  };
};

/** The version's gap minus the original's: at most the change between the groups that are truly the version's extremes, at least that
 *  between the original's (see `worstVersus`). */
export const gapVersus = (groups: readonly GroupPairs[], columns: Columns, confidence: number): Comparison => {
  const [before, now, rows] = [groups.map((one) => one.before), groups.map((one) => one.now), groups.map(({ n }) => n)];
  const value = widest(columns, shareOf(now, groups)) - widest(columns, shareOf(before, groups));
  const at = changes(groups);
  const may = (right: readonly number[], p: number) => plausiblePairs(columns, right, rows, spend(p).overlook);
  const candidates = may(now, (1 - confidence) / 2).length;
  const change = ({ most, least }: PairOfGroups, p: number): { low: number; high: number } => {
    const of = (group: number) => ({
      value: (groups[group]!.c - groups[group]!.b) / rows[group]!,
      ...at(spend(p).bound)[group]!,
    });
    return apart(of(most), of(least));
  };
  return compare(
    value,
    confidence,
    (p) => Math.min(...may(before, p).map((pair) => change(pair, p).low)),
    (p) => Math.max(...may(now, p).map((pair) => change(pair, p).high)),
    `hull of score intervals of the groups that may be furthest apart (${candidates} ${candidates === 1 ? 'pair' : 'pairs'})`,
  );
};
