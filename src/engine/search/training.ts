import { parseOptions, type Chain } from '../../contracts/index.ts';
import { techniqueOf } from '../build/techniques.ts';

/** How many steps of a chain lead to its last network that is trained; 0: nothing learns. */
export const trainedSteps = ({ steps }: Chain): number =>
  steps.findLastIndex(({ technique }) => techniqueOf(technique).needs.training) + 1;

/** These steps as one text: chains that share it share the network that was trained. null: nothing learns. */
export const trainedPart = (chain: Chain): string | null => {
  const count = trainedSteps(chain);
  return count === 0 ? null : JSON.stringify(chain.steps.slice(0, count));
};

/** Seconds of training that the steps of a chain ask for, as far as they say so in minutes. */
export const plannedTraining = ({ steps }: Chain): number =>
  steps.reduce((sum, { technique: id, options }) => {
    const technique = techniqueOf(id);
    if (!technique.needs.training) return sum;
    const { minutes } = parseOptions(id, technique.options, options) as { readonly minutes?: unknown };
    return sum + (typeof minutes === 'number' ? minutes * 60 : 0);
  }, 0);

/** The account of the time that training may take. A pure function of the trials so far, so that a resumed search decides as before. */
export const trainingAccount = (
  trials: readonly { readonly chain: Chain; readonly trainingSeconds?: number }[],
  allowed: number,
): { admits(chain: Chain): boolean } => {
  const trained = new Set(
    trials.flatMap(({ chain, trainingSeconds }) => (trainingSeconds === undefined ? [] : (trainedPart(chain) ?? []))),
  );
  let spent = trials.reduce((sum, { trainingSeconds = 0 }) => sum + trainingSeconds, 0);
  return {
    /** Whether there is time for it; if so, it is taken. */
    admits(chain) {
      const part = trainedPart(chain);
      if (part === null || trained.has(part)) return true;
      const planned = plannedTraining(chain);
      if (spent + planned > allowed) return false;
      spent += planned;
      trained.add(part);
      return true;
    },
  };
};
