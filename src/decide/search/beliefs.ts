import type { Point, SearchProblem, TrialOutcome, Tried } from '../../contracts/index.ts';
import { mean, normalCdf, seeded } from '../../statistics/index.ts';
import { fit, type Known } from './gaussian-process.ts';
import { frontsOf, placeOf } from './ranking.ts';
import { keyOf, shapeOf } from './shape.ts';

type Looked = Extract<TrialOutcome, { kind: 'looked' }>;

/** What is believed about a point, as if it had been looked at in full. */
export interface Believed {
  readonly point: Point;
  readonly means: readonly number[];
  readonly sds: readonly number[];
  /** Probability that it runs and meets the conditions. */
  readonly feasible: number;
}

/** What a history makes one believe. */
export interface Beliefs {
  about(points: readonly Point[]): Believed[];
  /** Of each objective, the usual standard error of a full look. */
  readonly noise: readonly number[];
}

/** More rows make a slow surrogate that is hardly better. */
const mostRows = 120;

/** Each point's look at its highest rung; failures too. */
export const highest = (history: readonly Tried[]): Tried[] => {
  const best = new Map<string, Tried>();
  for (const one of history) {
    const key = keyOf(one.point);
    const known = best.get(key);
    if (known === undefined || one.rung >= known.rung || one.outcome.kind === 'failed') best.set(key, one);
  }
  return [...best.values()];
};

/** The first of them: those with the highest looks, of equal rungs the better ones. */
export const foremost = (all: readonly Tried[]): readonly number[] => {
  const fronts = frontsOf(all.map(({ outcome }) => placeOf(outcome)));
  return all
    .map((_, index) => index)
    .toSorted((a, b) => all[b]!.rung - all[a]!.rung || fronts[a]! - fronts[b]! || a - b);
};

/** The rows that a surrogate learns from: all, or the highest looks, the best and some of the others. */
const chosen = (all: readonly Tried[], seed: number): readonly Tried[] => {
  if (all.length <= mostRows) return all;
  const order = foremost(all);
  const best = order.slice(0, (mostRows * 2) / 3);
  const rest = seeded(seed, `rows ${all.length}`)
    .shuffle(order.slice(best.length))
    .slice(0, mostRows - best.length);
  return [...best, ...rest].toSorted((a, b) => a - b).map((index) => all[index]!);
};

/** How a cheap look differs from a full one: by so much on average, and with this variance beyond the looks' own errors. */
interface Bridge {
  readonly shift: number;
  readonly variance: number;
}

/** As if so many points had shown no shift and the variance that is expected. */
const priorPoints = 3;

const bridgeOf = (differences: readonly number[], ownVariance: number, expected: number): Bridge => {
  const n = differences.length;
  const shift = n === 0 ? 0 : (mean(differences) * n) / (n + 1);
  const squares = differences.reduce((sum, one) => sum + (one - shift) ** 2, 0);
  return { shift, variance: Math.max(0, (squares - n * ownVariance + priorPoints * expected) / (n + priorPoints)) };
};

const valid = (outcome: TrialOutcome): outcome is Looked =>
  outcome.kind === 'looked' && outcome.objectives.every(Number.isFinite);

/** Conditions as a number: −1 where all seem to hold, above 0 where not, 1 where it is hopeless or does not run. */
const standingOf = (outcome: TrialOutcome): number =>
  !valid(outcome) || outcome.hopeless ? 1 : outcome.misses === 0 ? -1 : Math.min(1, outcome.misses);

/** Learn from a history: one surrogate for each objective and one for the conditions. Each point speaks by its highest look; cheap looks are moved by
 *  what they usually differ from full ones, and trusted as far as they agreed with them.
 *  Source: Kennedy & O'Hagan 2000 (a cheap code and its discrepancy), with the discrepancy taken as a constant and noise. */
export const learn = (problem: SearchProblem, history: readonly Tried[]): Beliefs => {
  const shape = shapeOf(problem.space);
  const last = problem.rungs.length - 1;
  const rows = chosen(highest(history), problem.seed);
  const looked = rows.flatMap(({ point, rung, outcome }) => (valid(outcome) ? [{ point, rung, outcome }] : []));
  const at = problem.rungs.map(
    (_, rung) =>
      new Map(
        history.flatMap((one) =>
          one.rung === rung && valid(one.outcome) ? [[keyOf(one.point), one.outcome] as const] : [],
        ),
      ),
  );
  /** Bridges of one number, rung by rung. */
  const bridges = (
    valueOf: (outcome: Looked) => number,
    errorOf: (outcome: Looked) => number,
    prior: number,
  ): Bridge[] => {
    const values = looked.map(({ outcome }) => valueOf(outcome));
    const center = mean(values);
    const variance = values.length < 2 ? 1 : mean(values.map((value) => (value - center) ** 2));
    return at.map((looks, rung) => {
      if (rung === last) return { shift: 0, variance: 0 };
      const both = [...looks].flatMap(([key, cheap]) => {
        const full = at[last]!.get(key);
        return full === undefined ? [] : [{ cheap, full }];
      });
      const own = both.length === 0 ? 0 : mean(both.map(({ cheap, full }) => errorOf(cheap) ** 2 + errorOf(full) ** 2));
      return bridgeOf(
        both.map(({ cheap, full }) => valueOf(full) - valueOf(cheap)),
        own,
        prior * variance,
      );
    });
  };
  const surrogates = problem.objectives.map((_, objective) => {
    const valueOf = (outcome: Looked): number => outcome.objectives[objective]!;
    const errorOf = (outcome: Looked): number => outcome.errors[objective] ?? 0;
    const between = bridges(valueOf, errorOf, 0.03);
    return fit(
      shape,
      looked.map(({ point, rung, outcome }): Known => ({
        point,
        value: valueOf(outcome) + between[rung]!.shift,
        variance: errorOf(outcome) ** 2 + between[rung]!.variance,
      })),
    );
  });
  const standing = bridges(standingOf, () => 0, 0.15);
  const conditions = fit(
    shape,
    rows.map(({ point, rung, outcome }): Known => {
      const sure = !valid(outcome) || outcome.hopeless;
      return {
        point,
        value: standingOf(outcome) + (sure ? 0 : standing[rung]!.shift),
        variance: sure ? 0 : standing[rung]!.variance,
      };
    }),
  );
  const fully = looked.filter(({ rung }) => rung === Math.max(...looked.map((one) => one.rung)));
  return {
    noise: problem.objectives.map((_, objective) =>
      fully.length === 0 ? 0 : mean(fully.map(({ outcome }) => outcome.errors[objective] ?? 0)),
    ),
    about(points) {
      const each = surrogates.map((surrogate) => surrogate(points));
      const { means, sds } = conditions(points);
      // Nothing has been looked at: nothing is known against any point.
      const known = rows.length > 0;
      return points.map((point, index) => ({
        point,
        means: each.map((belief) => belief.means[index]!),
        sds: each.map((belief) => belief.sds[index]!),
        feasible: known ? normalCdf(-means[index]! / sds[index]!) : 1,
      }));
    },
  };
};
