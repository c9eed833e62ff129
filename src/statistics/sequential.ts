import type { Interval } from './proportions.ts';
import { normalCdf, normalQuantile } from './special.ts';
import { tangoInterval, tangoStatistic, type Pairs } from './tango.ts';

/** How much of the error rate may be spent by a share t of the data (0 < t ≤ 1). All of them spend everything at the end. */
export type Spending = (t: number, alpha: number) => number;

/** Next to nothing early: costs the least at the end. Source: O'Brien & Fleming 1979; Lan & DeMets 1983. */
export const obrienFleming: Spending = (t, alpha) => 2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(t));

/** α·t^power: the smaller the power, the earlier a clear answer is taken. Source: Kim & DeMets 1987. */
export const powerSpending =
  (power: number): Spending =>
  (t, alpha) =>
    alpha * t ** power;

/** Half as many intervals of the grid. */
const points = 120;

/** Standardized boundaries for looks after shares `times` of the data, such that a sum of independent normal steps without drift crosses any of
 *  them with probability α, spent as `spending` says. Source: Armitage, McPherson & Rowe 1969 (recursive integration); Lan & DeMets 1983. */
export const boundariesOf = (times: readonly number[], alpha: number, spending: Spending): number[] => {
  const boundaries: number[] = [];
  // Density of the sum over those that have not crossed, on an even grid from `from` to the last boundary (Simpson's rule).
  let grid = Float64Array.of(0);
  let mass = Float64Array.of(1);
  let [before, spent] = [0, 0];
  for (const time of times) {
    const step = Math.sqrt(time - before);
    const allowed = spending(time, alpha) - spent;
    const crossing = (limit: number): number => {
      let sum = 0;
      for (let i = grid.length - 1; i >= 0; i--) {
        const z = (grid[i]! - limit) / step;
        if (z < -8) break;
        sum += mass[i]! * normalCdf(z);
      }
      return sum;
    };
    let [low, high] = [-8, 8];
    for (let i = 0; i < 36; i++) {
      const middle = (low + high) / 2;
      if (crossing(middle * Math.sqrt(time)) > allowed) low = middle;
      else high = middle;
    }
    const boundary = high;
    boundaries.push(boundary);
    const [from, to] = [-8 * Math.sqrt(time), boundary * Math.sqrt(time)];
    const width = (to - from) / (2 * points);
    const nextGrid = Float64Array.from({ length: 2 * points + 1 }, (_, i) => from + i * width);
    const nextMass = nextGrid.map((at, i) => {
      let density = 0;
      for (let j = 0; j < grid.length; j++) density += mass[j]! * Math.exp(-0.5 * ((at - grid[j]!) / step) ** 2);
      const simpson = i === 0 || i === 2 * points ? 1 : i % 2 === 1 ? 4 : 2;
      return (density * simpson * width) / (3 * step * Math.sqrt(2 * Math.PI));
    });
    [grid, mass, before, spent] = [nextGrid, nextMass, time, spent + allowed];
  }
  return boundaries;
};

export interface SequentialPlan {
  /** Answers after which is looked, ascending; the last is all there are. */
  readonly looks: readonly number[];
  /** How far Tango's statistic must lie from zero at each look. */
  readonly boundaries: readonly number[];
  /** One-sided error rate of each of the two claims over all looks together. */
  readonly alpha: number;
}

/** Plan the looks at a growing number of paired answers, out of `total` in random order. By default up to ten even looks, each after at
 *  least 100 answers. Divide α by the number of conditions that are judged at once. */
export const planLooks = (
  total: number,
  {
    alpha = 0.05,
    looks,
    spending = powerSpending(2),
  }: { readonly alpha?: number; readonly looks?: readonly number[]; readonly spending?: Spending } = {},
): SequentialPlan => {
  const count = Math.max(1, Math.min(10, Math.floor(total / 100)));
  const planned = looks ?? Array.from({ length: count }, (_, i) => Math.round(((i + 1) * total) / count));
  if (planned.at(-1) !== total || planned.some((n, i) => !(n > (planned[i - 1] ?? 0))))
    throw new Error(
      `planLooks: looks at ${planned.join(', ')} of ${total} answers, expected ascending ones that end there`,
    );
  const times = planned.map((n) => n / total);
  return { looks: planned, boundaries: boundariesOf(times, alpha, spending), alpha };
};

export interface Look extends Interval {
  /** "not-worse": surely not worse by the margin; "worse": surely worse by more; "continue": answer more; "undecided": all are answered. */
  readonly decision: 'not-worse' | 'worse' | 'continue' | 'undecided';
  /** Tango's statistic against the margin: positive speaks for "not worse". */
  readonly z: number;
  readonly boundary: number;
}

/** Answers that differ in rightness before "worse" is claimed early. */
export const fewestFlips = 20;

/** Look at the answers so far: is it clear whether the candidate is worse than the baseline by `margin`? Each claim is wrong with probability at
 *  most the plan's α, however many looks there are; "worse"
 *  is not claimed early before 20 answers differ in rightness. `low` and `high` bound the true difference at all looks together.
 *  Items must come in random order (not sorted by length or label). Units: margin as a proportion.
 *  Errors: throws when the plan has no look at this number of answers.
 *  Source: Jennison & Turnbull 2000, §7 (error spending) and §9 (repeated intervals); Tango 1998. */
export const sequentialLook = (plan: SequentialPlan, pairs: Pairs, margin: number): Look => {
  const at = plan.looks.indexOf(pairs.n);
  if (at < 0) throw new Error(`sequentialLook: no look is planned after ${pairs.n} answers`);
  const boundary = plan.boundaries[at]!;
  const z = tangoStatistic(pairs, -margin);
  const interval = tangoInterval(pairs, 1 - 2 * normalCdf(-boundary));
  const last = at === plan.looks.length - 1;
  // With few flips the statistic is skewed towards "worse": such an early claim waits.
  const enough = last || pairs.b + pairs.c >= fewestFlips;
  const decision = z >= boundary ? 'not-worse' : z <= -boundary && enough ? 'worse' : last ? 'undecided' : 'continue';
  return { decision, z, boundary, ...interval };
};
