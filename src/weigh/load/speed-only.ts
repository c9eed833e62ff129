import { SteelyardError, type Trial } from '../../contracts/index.ts';

const refuse = (): Promise<never> =>
  Promise.reject(new SteelyardError('usage/trial', 'a trial of speed has no answers to judge'));

/** The parts of a trial that speed has no use for: whoever asks for answers is refused. Errors: `usage/trial`. */
export const speedOnly: Pick<
  Trial,
  'predictions' | 'ask' | 'reference' | 'outOfScope' | 'groups' | 'confidence' | 'price'
> = {
  predictions: refuse,
  ask: refuse,
  reference: [],
  outOfScope: [],
  groups: [],
  confidence: 0.95,
  price: null,
};
