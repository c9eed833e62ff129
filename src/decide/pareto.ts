import type { Measurement, MetricSpec } from '../contracts/index.ts';

/** One version's position on one objective; larger is better after orientation. */
export interface Objective {
  readonly metric: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly better: 'higher' | 'lower';
  readonly exact: boolean;
}

/** Where a version stands on a metric: against the original when it was compared, otherwise on its own. null when not measured. */
export const objectiveOf = (spec: MetricSpec, measurements: readonly Measurement[]): Objective | null => {
  const measured = measurements.find(({ metric, slice }) => metric === spec.id && slice === undefined);
  if (measured === undefined || spec.better === 'neither') return null;
  const { value, low, high } = measured.versus ?? measured;
  if (!Number.isFinite(value)) return null;
  return { metric: spec.id, value, low, high, better: spec.better, exact: low === high };
};

/** The original's own position on a metric that others are compared with it on. */
export const originalObjective = (spec: MetricSpec, measurements: readonly Measurement[]): Objective | null => {
  if (spec.better === 'neither') return null;
  if (spec.versus === 'none') return objectiveOf(spec, measurements);
  const value = spec.versus === 'ratio' ? 1 : 0;
  return { metric: spec.id, value, low: value, high: value, better: spec.better, exact: true };
};

const oriented = ({ value, better }: Objective): number => (better === 'higher' ? value : -value);

/** a is at least as good as b everywhere and better somewhere. A version with a missing objective dominates nobody. */
export const dominates = (a: readonly (Objective | null)[], b: readonly (Objective | null)[]): boolean => {
  let better = false;
  for (const [index, mine] of a.entries()) {
    const other = b[index] ?? null;
    if (mine === null) return false;
    if (other === null) {
      better = true;
      continue;
    }
    if (oriented(mine) < oriented(other)) return false;
    if (oriented(mine) > oriented(other)) better = true;
  }
  return better;
};

export interface Placed {
  readonly id: string;
  readonly objectives: readonly (Objective | null)[];
}

/** For each version, the ids of those in the field that dominate it; the front is where there are none. */
export const dominators = (
  versions: readonly Placed[],
  field: readonly Placed[] = versions,
): ReadonlyMap<string, readonly string[]> =>
  new Map(
    versions.map((one) => [
      one.id,
      field.filter((other) => other !== one && dominates(other.objectives, one.objectives)).map(({ id }) => id),
    ]),
  );
