import type { Attack } from '../types.ts';
import { deepWordBug } from './deep-word-bug.ts';
import { homoglyphs } from './homoglyphs.ts';
import { hotFlip } from './hot-flip.ts';
import { inputReduction } from './input-reduction.ts';
import { invisibleCharacters } from './invisible-characters.ts';
import { pruthi } from './pruthi.ts';
import { pwws } from './pwws.ts';
import { textBugger } from './text-bugger.ts';
import { textFooler } from './text-fooler.ts';

/** Every attack, in the order in which they are reported. */
export const recipes: readonly Attack[] = [
  deepWordBug,
  textBugger,
  pruthi,
  textFooler,
  pwws,
  homoglyphs,
  invisibleCharacters,
  hotFlip,
  inputReduction,
];
