import type { Ask, Point, SearchProblem, Tried } from '../../contracts/index.ts';
import { keyOf } from './shape.ts';

/** How far a point has come. */
export interface Climber {
  readonly point: Point;
  readonly key: string;
  /** The highest rung that it was looked at; −1: its first look is pending. */
  readonly rung: number;
  /** The rung of a pending look, or null. */
  readonly pending: number | null;
  /** It failed or is hopeless: nothing more to learn. */
  readonly over: boolean;
}

/** Every point that was tried or is pending, in the order of its first mention. */
export const climbersOf = (history: readonly Tried[], pending: readonly Ask[]): Map<string, Climber> => {
  const climbers = new Map<string, Climber>();
  for (const { point, rung, outcome } of history) {
    const key = keyOf(point);
    const known = climbers.get(key);
    climbers.set(key, {
      point,
      key,
      rung: Math.max(rung, known?.rung ?? 0),
      pending: null,
      over:
        known?.over === true ||
        outcome.kind === 'failed' ||
        outcome.hopeless ||
        !outcome.objectives.every(Number.isFinite),
    });
  }
  for (const ask of pending) wait(climbers, ask);
  return climbers;
};

/** Note that a look was asked for. */
export const wait = (climbers: Map<string, Climber>, { point, rung }: Ask): void => {
  const key = keyOf(point);
  const known = climbers.get(key) ?? { point, key, rung: -1, over: false };
  climbers.set(key, { ...known, pending: rung });
};

/** Those that may be looked at in the next rung, the lowest rungs last. */
export const promotable = ({ rungs }: SearchProblem, climbers: Iterable<Climber>): Climber[] =>
  [...climbers]
    .filter(({ over, pending, rung }) => !over && pending === null && rung >= 0 && rung < rungs.length - 1)
    .toSorted((a, b) => b.rung - a.rung);
