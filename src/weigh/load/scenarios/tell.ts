import type { Measurement } from '../../../contracts/index.ts';
import { caveatOf, type Judged } from '../compare.ts';
import { notMlperf } from './options.ts';
import { faultWords } from './readings.ts';
import type { LoadGroup } from './runs.ts';
import type { LoadTurn } from './turn.ts';

/** The group behind a judged session. */
export const groupOf = (session: Judged<LoadTurn>, groups: readonly LoadGroup[]): LoadGroup =>
  groups.find((group) => group === session.group)!;

/** The turns of one version. */
export const turnsOf = (session: Judged<LoadTurn>, arm: string): readonly LoadTurn[] =>
  session.group.rounds.flatMap(({ turns }) => turns.get(arm) ?? []);

/** Everything that a reader must know about a version's numbers under load: the session, broken rules, faults, the machine. */
export const loadCaveat = (
  session: Judged<LoadTurn>,
  groups: readonly LoadGroup[],
  arm: string,
  more: readonly (string | null)[] = [],
): string => {
  const { violations, notes } = groupOf(session, groups);
  const broken = (violations.get(arm) ?? []).map(({ code, message }) => `${code}: ${message}`);
  const faults = new Set(turnsOf(session, arm).flatMap(({ played }) => faultWords(played) ?? []));
  const told = [...broken, ...more.filter((one) => one !== null), ...faults, ...notes, notMlperf];
  return caveatOf(session, told)!;
};

/** A version's own number without a comparison: over all of its runs, with the range of the runs. */
export const ownMeasurement = (
  base: Pick<Measurement, 'metric' | 'unit' | 'confidence'>,
  value: number,
  perRun: readonly number[],
  samples: number,
  caveat: string,
): Measurement => ({
  ...base,
  value,
  low: Math.min(value, ...perRun),
  high: Math.max(value, ...perRun),
  samples,
  caveat,
});
