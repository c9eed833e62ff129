import type { TrialOutcome } from '../../contracts/index.ts';
import { normalCdf } from '../../statistics/index.ts';

type Looked = Pick<Extract<TrialOutcome, { kind: 'looked' }>, 'objectives' | 'errors'>;

export interface FrontMember {
  /** Index into what was given. */
  readonly at: number;
  /** Probability that nothing else is at least as good in everything, given the errors of the looks. */
  readonly chance: number;
  /** The best compromise: of those that seem to be on the front, the nearest to the best of each objective, each scaled to the front's range. */
  readonly knee: boolean;
}

/** Chance that a is really better than b in one objective, both with normal errors; of exact equals neither is. */
const betterChance = (a: Looked, b: Looked, objective: number): number => {
  const gap = b.objectives[objective]! - a.objectives[objective]!;
  const error = Math.hypot(a.errors[objective]!, b.errors[objective]!);
  return error === 0 ? (gap > 0 ? 1 : gap < 0 ? 0 : 0.5) : normalCdf(gap / error);
};

/** Which looks are on the Pareto front, with what probability, and where its knee is. Smaller is better. Chances of one in a hundred or less are
 *  left out. The objectives' errors and those of different rivals are taken as independent, so a chance is an approximation.
 *  Source: probability of dominance, Hughes 2001; knee as the point nearest to the ideal, Yu 1973. */
export const frontChances = (looks: readonly Looked[]): readonly FrontMember[] => {
  const chances = looks.map((one, index) =>
    looks.reduce((chance, other, at) => {
      if (at === index) return chance;
      const beaten = one.objectives.reduce((product, _, objective) => product * betterChance(other, one, objective), 1);
      return chance * (1 - beaten);
    }, 1),
  );
  const dominated = (one: Looked): boolean =>
    looks.some(
      (other) =>
        other.objectives.every((value, at) => value <= one.objectives[at]!) &&
        other.objectives.some((value, at) => value < one.objectives[at]!),
    );
  const front = looks.flatMap((one, at) => (dominated(one) ? [] : [at]));
  const width = looks[0]?.objectives.length ?? 0;
  const ranges = Array.from({ length: width }, (_, objective) => {
    const values = front.map((at) => looks[at]!.objectives[objective]!);
    return { low: Math.min(...values), size: Math.max(...values) - Math.min(...values) };
  });
  const distance = (at: number): number =>
    Math.hypot(
      ...ranges.map(({ low, size }, objective) => (size === 0 ? 0 : (looks[at]!.objectives[objective]! - low) / size)),
    );
  const knee = width < 2 || front.length < 3 ? -1 : front.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return chances
    .map((chance, at) => ({ at, chance, knee: at === knee }))
    .filter(({ chance, knee: isKnee }) => chance > 0.01 || isKnee)
    .toSorted((a, b) => b.chance - a.chance || a.at - b.at);
};
