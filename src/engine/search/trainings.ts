import type { Technique } from '../../contracts/index.ts';
import type { TimePlan } from './time.ts';

/** A search that can afford this many trainings may try them like anything else. */
const enough = 10;

/** Which trainings fit into the time. */
export interface Training {
  /** The minutes that a technique gets; null: it does not ask how many. */
  minutesOf(technique: Technique): number | null;
  /** Why it cannot be part of a search; null: it can. */
  unaffordable(technique: Technique): string | null;
  /** There is time for one way of it only, the known one, with its defaults. */
  frozen(technique: Technique): boolean;
  /** Why other ways to it are left out. */
  readonly once: string;
}

const asks = ({ options }: Technique): boolean => {
  const spec = options['minutes'];
  return spec?.kind === 'number' && spec.unit === 'minutes';
};

/** Techniques that train for minutes, in the time of a run. `known`: those among the chains that are known to pay;
 *  `wanted`: those that the user named. Without minutes nothing is trained. */
export const trainingIn = (
  plan: Pick<TimePlan, 'search' | 'oneTraining'>,
  known: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Training => {
  const searching = plan.search / 60;
  const most = plan.oneTraining / 60;
  const own = (technique: Technique): number => Math.min(most, usual(technique));
  const usual = ({ options }: Technique): number => {
    const spec = options['minutes'];
    return spec?.kind === 'number' ? spec.default : 0;
  };
  const affordable = (technique: Technique): boolean => searching >= enough * own(technique) && most > 0;
  return {
    minutesOf: (technique) => (asks(technique) ? (known.has(technique.id) ? most : own(technique)) : null),
    unaffordable(technique) {
      if (!asks(technique)) return null;
      if (most === 0) return 'there is no time to train';
      if (known.has(technique.id) || wanted.has(technique.id) || affordable(technique)) return null;
      return `every combination with it is another training of up to ${usual(technique)} minutes, and the search has ${Number(searching.toFixed(1))} minutes`;
    },
    frozen: (technique) => asks(technique) && known.has(technique.id) && !wanted.has(technique.id),
    once: `every other way to it is another training of ${Number(most.toFixed(1))} minutes: the known one is tried`,
  };
};
