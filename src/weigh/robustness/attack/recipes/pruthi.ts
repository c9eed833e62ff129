import { anyLetter, deletions, inner, insertions, keyboardSlips, swaps } from '../characters.ts';
import type { Attack } from '../types.ts';

/** The worst single typing error: every swap, deletion, insertion and keyboard slip inside any one word. */
export const pruthi: Attack = {
  id: 'pruthi',
  title: 'One typing error',
  source: 'Pruthi et al. 2019: at most one word, inner letters, words of four letters or more',
  search: { kind: 'beam', width: 1 },
  candidates: ({ word, random }) => [
    ...swaps(word, inner),
    ...deletions(word, inner),
    ...insertions(word, inner, () => anyLetter(random)),
    ...keyboardSlips(word, inner),
  ],
  limits: { mostWords: 1, leastLetters: 4 },
};
