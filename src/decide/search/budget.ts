import type { Ask, SearchProblem, Tried } from '../../contracts/index.ts';
import { mean, quantile, sorted } from '../../statistics/index.ts';

/** What the trials have taken, and what the next are likely to take. */
export interface Budget {
  /** Seconds that trials took and pending ones will take. */
  readonly committed: number;
  /** The same of one rung. */
  spentOn(rung: number): number;
  /** What a look at this rung takes, on average; null while nothing is known. */
  meanSeconds(rung: number): number | null;
  /** Whether a look at this rung fits in what is left. The first full look always does; nothing does when there is no time at all. */
  fits(rung: number): boolean;
  /** The same with looks added that were just asked for. */
  with(ask: Ask): Budget;
}

/** Of the looks so far, as many were at most this long: looks that are dearer than usual should fit too. */
const careful = 0.8;

interface Costs {
  readonly mean: number;
  readonly careful: number;
}

/** What each rung takes, learned from its own looks, or from those of the nearest rung by the ratio of their declared costs. */
const costsOf = (problem: SearchProblem, history: readonly Tried[]): (Costs | null)[] => {
  const own = problem.rungs.map((_, rung): Costs | null => {
    const looks = history.filter((one) => one.rung === rung);
    // A version that failed may have failed at once: it says little about the others.
    const looked = looks.filter(({ outcome }) => outcome.kind === 'looked');
    const seconds = sorted((looked.length > 0 ? looked : looks).map((one) => one.seconds));
    return seconds.length === 0 ? null : { mean: mean(seconds), careful: quantile(seconds, careful) };
  });
  return own.map((known, rung) => {
    if (known !== null) return known;
    const nearest = own
      .flatMap((costs, other) => (costs === null ? [] : [{ costs, other }]))
      .toSorted((a, b) => Math.abs(a.other - rung) - Math.abs(b.other - rung))[0];
    if (nearest === undefined) return null;
    const ratio = problem.rungs[rung]!.cost / problem.rungs[nearest.other]!.cost;
    return { mean: nearest.costs.mean * ratio, careful: nearest.costs.careful * ratio };
  });
};

/** The account of a search. */
export const budgetOf = (problem: SearchProblem, history: readonly Tried[], pending: readonly Ask[]): Budget => {
  const costs = costsOf(problem, history);
  const last = problem.rungs.length - 1;
  const spent = problem.rungs.map((_, rung) =>
    history.reduce((sum, one) => sum + (one.rung === rung ? one.seconds : 0), 0),
  );
  const full = history.filter(({ rung }) => rung === last).length;
  const account = (asked: readonly Ask[]): Budget => {
    const spentOn = (rung: number): number =>
      spent[rung]! + asked.filter((one) => one.rung === rung).length * (costs[rung]?.mean ?? 0);
    const committed = problem.rungs.reduce((sum, _, rung) => sum + spentOn(rung), 0);
    return {
      committed,
      spentOn,
      meanSeconds: (rung) => costs[rung]?.mean ?? null,
      fits(rung) {
        if (problem.seconds <= 0) return false;
        if (rung === last && full === 0 && asked.every((one) => one.rung !== last)) return true;
        return committed < problem.seconds && committed + (costs[rung]?.careful ?? 0) <= problem.seconds;
      },
      with: (ask) => account([...asked, ask]),
    };
  };
  return account(pending);
};
