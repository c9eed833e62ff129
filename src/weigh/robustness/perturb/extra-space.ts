import { definePerturbation } from './types.ts';

/** Every run of spaces becomes one to three spaces, each equally likely. */
export const extraSpace = definePerturbation({
  id: 'extra-space',
  title: 'One to three spaces',
  source: 'HELM (SpacePerturbation, max_spaces 3): randint(1, 3) for each run',
  options: {
    most: { kind: 'integer', default: 3, min: 2, max: 20, description: 'Most spaces in the place of one run.' },
  },
  meaning: 'kept',
  apply: (text, { most }, random) => text.replace(/ +/g, () => ' '.repeat(1 + random.integer(most))),
});
