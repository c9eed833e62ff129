import type { ExploredRecord, MetricSpec, SearchRecord, StoreRecord, TrialRecord } from '../../contracts/index.ts';
import { differenceScale, fixed, show, together, type Shown } from '../numbers.ts';

/** The last search of a run, as its records tell it. */
export interface Looks {
  readonly search: SearchRecord;
  /** In the order in which they were finished. */
  readonly trials: readonly TrialRecord[];
  /** null: the search has not ended. */
  readonly explored: ExploredRecord | null;
}

/** The last search of a run; null: there was none. */
export const looksOf = (records: readonly StoreRecord[]): Looks | null => {
  const search = records.findLast((record) => record.kind === 'search');
  if (search === undefined) return null;
  return {
    search,
    trials: records.filter((record): record is TrialRecord => record.kind === 'trial' && record.search === search.key),
    explored:
      records.findLast(
        (record): record is ExploredRecord => record.kind === 'explored' && record.search === search.key,
      ) ?? null,
  };
};

/** A trial that could be looked at. */
export type Seen = TrialRecord & { readonly outcome: Extract<TrialRecord['outcome'], { kind: 'looked' }> };

export const isSeen = (trial: TrialRecord): trial is Seen => trial.outcome.kind === 'looked';

/** Whether its conditions seem to hold. */
export const qualifies = ({ outcome }: Seen): boolean => outcome.misses === 0 && !outcome.hopeless;

/** Each version by its most thorough look, the most promising first: conditions that seem to hold, few misses, then the first objective. */
export const bestFirst = (trials: readonly TrialRecord[]): readonly Seen[] => {
  const thorough = new Map<string, Seen>();
  for (const trial of trials) {
    if (!isSeen(trial)) continue;
    const before = thorough.get(trial.chain.id);
    if (before === undefined || before.rung <= trial.rung) thorough.set(trial.chain.id, trial);
  }
  return [...thorough.values()].toSorted(
    (a, b) =>
      Number(a.outcome.hopeless) - Number(b.outcome.hopeless) ||
      a.outcome.misses - b.outcome.misses ||
      (a.outcome.objectives[0] ?? 0) - (b.outcome.objectives[0] ?? 0),
  );
};

/** The failed ones that were never looked at, newest reason each. */
export const failuresOf = (trials: readonly TrialRecord[]): readonly { id: string; reason: string }[] => {
  const seen = new Set(trials.filter(isSeen).map(({ chain }) => chain.id));
  const failed = new Map<string, string>();
  for (const { chain, outcome } of trials)
    if (outcome.kind === 'failed' && !seen.has(chain.id)) failed.set(chain.id, outcome.reason);
  return [...failed].map(([id, reason]) => ({ id, reason }));
};

/** How a search's objective reads: a ratio to the original, or a difference in the metric's unit. */
export interface Reading {
  readonly unit: string;
  readonly value: (objective: number) => number;
  /** With its 95 % interval; without a unit. */
  readonly shown: (objective: number, error: number) => Shown;
}

/** Objectives are made smaller: the logarithm of a ratio, or a loss. This turns them back into what people read. */
export const readingOf = (metric: MetricSpec): Reading => {
  const sign = metric.better === 'higher' ? -1 : 1;
  const ratio = metric.versus === 'ratio';
  const scale = differenceScale(metric.unit, 0, null);
  const value = (objective: number): number => (ratio ? Math.exp(sign * objective) : sign * objective * scale.factor);
  return {
    unit: ratio ? '×' : scale.label,
    value,
    shown(objective, error) {
      const ends = [value(objective - 1.96 * error), value(objective + 1.96 * error)].toSorted((a, b) => a - b);
      return show(value(objective), ends[0]!, ends[1]!, fixed);
    },
  };
};

/** "0.62× [0.58, 0.66]" */
export const readText = (reading: Reading, objective: number, error: number): string =>
  together(reading.shown(objective, error), reading.unit === '×' ? '×' : ` ${reading.unit}`);

/** Seconds that a trial took, training included. */
export const secondsOf = ({ seconds, trainingSeconds = 0 }: TrialRecord): number => seconds + trainingSeconds;
