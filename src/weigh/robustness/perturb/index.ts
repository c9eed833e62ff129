import { lowerCase, randomCase, titleCase, upperCase } from './casing.ts';
import { contraction, expansion } from './contraction.ts';
import { noDiacritics } from './diacritics.ts';
import { extraSpace } from './extra-space.ts';
import { filler } from './filler.ts';
import { homoglyph, invisible } from './homoglyph.ts';
import { longAfter, longBefore, truncated } from './length.ts';
import { double, dropLetter, swap } from './letters.ts';
import { mildMix } from './mild-mix.ts';
import { misspelling } from './misspelling.ts';
import { negationAdded, negationRemoved } from './negation.ts';
import { ocr } from './ocr.ts';
import { punctuationAdded, punctuationRemoved } from './punctuation.ts';
import { slang } from './slang.ts';
import { sms } from './sms.ts';
import { names, numbers, places } from './swaps.ts';
import { rareSynonym, synonym } from './synonym.ts';
import { typo, typoAzerty, typoQwertz } from './typo.ts';
import type { Perturbation } from './types.ts';
import { whitespace } from './whitespace.ts';

export type { Perturbation, Setting } from './types.ts';
export { plainSetting } from './types.ts';

/** Every perturbation. */
export const perturbations: readonly Perturbation[] = [
  mildMix,
  lowerCase,
  upperCase,
  titleCase,
  randomCase,
  contraction,
  expansion,
  filler,
  misspelling,
  typo,
  typoQwertz,
  typoAzerty,
  swap,
  dropLetter,
  double,
  extraSpace,
  whitespace,
  punctuationAdded,
  punctuationRemoved,
  noDiacritics,
  homoglyph,
  invisible,
  ocr,
  sms,
  slang,
  synonym,
  rareSynonym,
  names,
  places,
  numbers,
  truncated,
  longBefore,
  longAfter,
  negationAdded,
  negationRemoved,
];
