import { parseOptions } from '../../../contracts/index.ts';
import { lowerCase } from './casing.ts';
import { contraction } from './contraction.ts';
import { extraSpace } from './extra-space.ts';
import { misspelling } from './misspelling.ts';
import { definePerturbation, plainSetting, strengthOf } from './types.ts';

const spaces = parseOptions(extraSpace.id, extraSpace.options);

/** Small letters, then contractions, then misspellings, then one to three spaces: HELM's "robustness". */
export const mildMix = definePerturbation({
  id: 'mild-mix',
  title: 'A mix of mild changes',
  source: 'HELM (MildMixPerturbation, "robustness"): lowercase, contraction, misspelling 0.1, space 3, in this order',
  options: strengthOf(0.1, 'a word of the list is misspelled'),
  meaning: 'kept',
  apply(text, { strength }, random) {
    const short = contraction.apply(lowerCase.apply(text, {}, random, plainSetting), {}, random, plainSetting);
    const misspelled = misspelling.apply(short, { strength }, random, plainSetting);
    return extraSpace.apply(misspelled, spaces, random, plainSetting);
  },
});
