import type { MetricSpec } from '../contracts/index.ts';
import { normalQuantile } from '../statistics/index.ts';
import { frontProbabilities, type Estimate } from './front.ts';
import { kneeOf } from './knee.ts';
import type { Objective, Placed } from './pareto.ts';

/** The front, as far as the measurements know it. */
export interface UncertainFront {
  /** Id → probability that nothing in the field dominates it. */
  readonly frontShare: Readonly<Record<string, number>>;
  /** Where giving up a little of one objective buys most of the others; null: the front has no such point. */
  readonly knee: string | null;
}

/** Farther from anything measured than any number is: what was not measured is no advantage. */
const unknown = 1e9;
const seed = 1;
/** Worlds that are drawn: a share is known to 1.6 points. */
const draws = 1000;

/** An objective as a number that is made smaller, with its standard error: ratios by their logarithm. */
const estimateOf = (objective: Objective | null, spec: MetricSpec, confidence: number) => {
  if (objective === null) return { value: unknown, error: 0 };
  const { value, low, high, better } = objective;
  const through = spec.versus === 'ratio' && low > 0 ? Math.log : (x: number): number => x;
  const error = (through(high) - through(low)) / 2 / normalQuantile((1 + confidence) / 2);
  return { value: (better === 'higher' ? -1 : 1) * through(value), error };
};

/** How probable it is that each version of a field is on its front, given the intervals of what was measured, and the knee of those that seem to be.
 *  Errors of different objectives and versions are taken as independent normal ones. `specs`: of the objectives, in their order. */
export const uncertainFront = (
  field: readonly Placed[],
  front: readonly string[],
  specs: readonly MetricSpec[],
  confidence: number,
): UncertainFront => {
  const estimates = field.map(({ objectives }): Estimate => {
    const each = specs.map((spec, at) => estimateOf(objectives[at] ?? null, spec, confidence));
    return { values: each.map(({ value }) => value), errors: each.map(({ error }) => error) };
  });
  const shares = frontProbabilities(estimates, { seed, draws });
  const seen = field.flatMap(({ id }, at) => (front.includes(id) ? [{ id, values: estimates[at]!.values }] : []));
  const known = seen.filter(({ values }) => values.every((value) => value < unknown));
  const knee = kneeOf(known.map(({ values }) => values));
  return {
    frontShare: Object.fromEntries(field.map(({ id }, at) => [id, shares[at]!])),
    knee: knee === null ? null : known[knee.index]!.id,
  };
};
