import type { Scenario, TrialRecord } from '../../contracts/index.ts';

/** How a run's time is divided. Units: seconds. */
export interface TimePlan {
  readonly total: number;
  /** Looks of the search, with their builds. */
  readonly search: number;
  /** Training networks, on top of it. */
  readonly training: number;
}

/** Of the whole time, most that training may take: beside a search with the usual share it leaves two fifths for the weighing and the check. */
const trainingShare = 0.2;

export const timePlan = ({ budget, search }: Pick<Scenario, 'budget' | 'search'>): TimePlan => {
  const total = budget.minutes * 60;
  return { total, search: total * search.share, training: total * trainingShare };
};

/** What evaluators that can use any amount of time get of the whole at most, and at least: with less no number is worth printing. */
const [mostTiming, leastTiming] = [0.6, 0.2];

/** Seconds that the evaluators of the full weighing which can use any amount of time may share: what the search and the training left over, less
 *  what answering takes, as the looks at all rows tell it. Without a search most of the time. */
export const timingSeconds = (
  { total }: Pick<TimePlan, 'total'>,
  trials: readonly TrialRecord[],
  finalists: number,
): number => {
  if (trials.length === 0) return mostTiming * total;
  const spent = trials.reduce((sum, { seconds, trainingSeconds = 0 }) => sum + seconds + trainingSeconds, 0);
  const last = trials.reduce((rung, one) => Math.max(rung, one.rung), 0);
  const full = trials.filter(({ rung, outcome }) => rung === last && outcome.kind === 'looked');
  const answering = full.reduce((sum, { seconds }) => sum + seconds, 0) / Math.max(1, full.length);
  const left = total - spent - finalists * answering;
  return Math.min(mostTiming * total, Math.max(leastTiming * total, left));
};

/** Of the whole time, what measuring tied versions again may take: where a tie is what the choice hangs on, it is worth it. */
const tieShare = 0.1;

/** Seconds for measuring tied versions again. */
export const tieSeconds = ({ total }: Pick<TimePlan, 'total'>): number => tieShare * total;
