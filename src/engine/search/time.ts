import type { Scenario, TrialRecord } from '../../contracts/index.ts';

/** How a run's time is divided. Units: seconds. */
export interface TimePlan {
  /** What can be divided: the budget without what happens whatever is planned. */
  readonly total: number;
  /** Looks of the search, with their builds. */
  readonly search: number;
  /** Training networks, on top of it: all of them together. */
  readonly training: number;
  /** One training: a little less, so that the first one always fits. */
  readonly oneTraining: number;
}

/** Starting, answering held-back data, memory, cold starts and receipts: about so many seconds for a small model, and of a short budget at most this
 *  share. */
const [fixedSeconds, fixedShare] = [60, 0.4];

/** Of the time that can be divided, most that training may take: beside a search with the usual share it leaves two fifths for the weighing. */
const trainingShare = 0.2;
const ofAllTraining = 0.9;

export const timePlan = ({ budget, search }: Pick<Scenario, 'budget' | 'search'>): TimePlan => {
  const seconds = budget.minutes * 60;
  const total = seconds - Math.min(fixedSeconds, fixedShare * seconds);
  const training = total * trainingShare;
  return { total, search: total * search.share, training, oneTraining: ofAllTraining * training };
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
