import type { TrialOutcome } from '../../contracts/index.ts';
import { frontProbabilities } from '../front.ts';
import { kneeOf } from '../knee.ts';
import { frontsOf } from './ranking.ts';

type Looked = Pick<Extract<TrialOutcome, { kind: 'looked' }>, 'objectives' | 'errors'>;

export interface FrontMember {
  /** Index into what was given. */
  readonly at: number;
  /** Probability that nothing dominates it, given the errors of the looks. */
  readonly chance: number;
  /** The knee of the front as it seems to be. */
  readonly knee: boolean;
}

/** A report draws the same worlds every time. */
const seed = 1;

/** Which looks are on the Pareto front, with what probability (see `frontProbabilities`), and where the knee of the seeming front is (see
 *  `kneeOf`). Smaller is better. Chances of one in a hundred or less are left out. */
export const frontChances = (looks: readonly Looked[]): readonly FrontMember[] => {
  const chances = frontProbabilities(
    looks.map(({ objectives, errors }) => ({ values: objectives, errors })),
    { seed },
  );
  const fronts = frontsOf(looks.map(({ objectives }) => ({ objectives, misses: 0 })));
  const front = looks.flatMap((_, at) => (fronts[at] === 0 ? [at] : []));
  const found = kneeOf(front.map((at) => looks[at]!.objectives));
  const knee = found === null ? null : front[found.index]!;
  return chances
    .map((chance, at) => ({ at, chance, knee: at === knee }))
    .filter(({ chance, knee: isKnee }) => chance > 0.01 || isKnee)
    .toSorted((a, b) => b.chance - a.chance || a.at - b.at);
};
