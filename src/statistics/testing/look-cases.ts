import type { Random } from '../../contracts/index.ts';
import { planLooks, sequentialLook, tangoTest, type Look, type SequentialPlan } from '../index.ts';
import { bettingWealth } from './betting.ts';
import { alpha, type Case } from './case.ts';

/** Answers one after the other: how many were lost and won after each. */
const drawSeries = (n: number, discordant: number, difference: number, random: Random) => {
  const [lost, won] = [new Int32Array(n + 1), new Int32Array(n + 1)];
  for (let i = 0; i < n; i++) {
    const u = random.next();
    const isLost = u < (discordant - difference) / 2;
    lost[i + 1] = lost[i]! + (isLost ? 1 : 0);
    won[i + 1] = won[i]! + (!isLost && u < discordant ? 1 : 0);
  }
  return (at: number) => ({ b: lost[at]!, c: won[at]!, n: at });
};
type Series = ReturnType<typeof drawSeries>;

/** Look as planned until it is decided. */
const follow = (plan: SequentialPlan, series: Series, margin: number): { readonly last: Look; readonly n: number } => {
  for (const n of plan.looks) {
    const last = sequentialLook(plan, series(n), margin);
    if (last.decision !== 'continue') return { last, n };
  }
  throw new Error('the last look decides');
};

const plans = new Map<number, SequentialPlan>();
const planOf = (total: number): SequentialPlan => {
  const plan = plans.get(total) ?? planLooks(total, { alpha });
  plans.set(total, plan);
  return plan;
};

const claim = (decision: 'not-worse' | 'worse', total: number, discordant: number, margin: number): Case => ({
  name: `up to ten looks at ${total} answers, ${100 * discordant} % flips, truly worse by the margin of ${100 * margin} points: called "${decision}"`,
  what: 'false claims',
  from: 0,
  to: alpha + 0.01,
  once: (random) =>
    follow(planOf(total), drawSeries(total, discordant, -margin, random), margin).last.decision === decision,
});

const covered = (total: number, discordant: number, difference: number): Case => ({
  name: `interval at the look that decides, ${total} answers, ${100 * discordant} % flips, difference ${100 * difference} points`,
  what: 'coverage',
  // Two one-sided bounds of 95 % at all looks together.
  from: 0.9,
  to: 1,
  once: (random) => {
    const { low, high } = follow(planOf(total), drawSeries(total, discordant, difference, random), 0.01).last;
    return low <= difference && difference <= high;
  },
});

export const lookCases: readonly Case[] = [
  claim('not-worse', 1855, 0.03, 0.01),
  claim('worse', 1855, 0.03, 0.01),
  claim('not-worse', 1000, 0.08, 0.02),
  claim('worse', 1000, 0.08, 0.02),
  claim('not-worse', 5000, 0.05, 0.01),
  claim('worse', 5000, 0.05, 0.01),
  claim('not-worse', 300, 0.1, 0.05),
  claim('worse', 300, 0.1, 0.05),
  covered(1855, 0.03, 0),
  covered(1855, 0.05, -0.03),
];

export interface Savings {
  readonly total: number;
  readonly discordant: number;
  readonly margin: number;
  readonly difference: number;
  /** Shares of experiments with the right claim: one test at the end, planned looks, betting at every tenth answer. */
  readonly once: number;
  readonly looks: number;
  readonly betting: number;
  /** Mean share of the answers that was needed. */
  readonly looksShare: number;
  readonly bettingShare: number;
}

/** What looking early saves and costs, against one test at the end and against a bet that may be looked at any time. */
export const savings = (
  total: number,
  discordant: number,
  margin: number,
  difference: number,
  runs: number,
  seeds: (run: number) => Random,
): Savings => {
  const plan = planOf(total);
  const right = difference > -margin ? 'not-worse' : 'worse';
  let [once, looks, betting, looksUsed, bettingUsed] = [0, 0, 0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const series = drawSeries(total, discordant, difference, seeds(run));
    const { p } = tangoTest(series(total), margin);
    if ((right === 'not-worse' ? p : 1 - p) <= alpha) once++;
    const { last, n } = follow(plan, series, margin);
    if (last.decision === right) looks++;
    looksUsed += n;
    let at = 10;
    // The bet against "worse" is the bet against "not worse" with the versions swapped and the margin on the other side.
    const wealth = (): number => {
      const pairs = series(at);
      return right === 'not-worse'
        ? bettingWealth(pairs, margin)
        : bettingWealth({ b: pairs.c, c: pairs.b, n: at }, -margin);
    };
    while (at < total && wealth() < 1 / alpha) at = Math.min(total, at + 10);
    if (wealth() >= 1 / alpha) betting++;
    bettingUsed += at;
  }
  return {
    total,
    discordant,
    margin,
    difference,
    once: once / runs,
    looks: looks / runs,
    betting: betting / runs,
    looksShare: looksUsed / runs / total,
    bettingShare: bettingUsed / runs / total,
  };
};
