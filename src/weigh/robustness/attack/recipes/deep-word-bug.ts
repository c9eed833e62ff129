import { anyLetter, anywhere, deletions, insertions, oneOf, substitution, swaps } from '../characters.ts';
import type { Attack } from '../types.ts';

/** One misspelling of each kind per word, at random places. */
export const deepWordBug: Attack = {
  id: 'deepwordbug',
  title: 'Misspelled words',
  source: 'DeepWordBug (Gao et al. 2018)',
  search: { kind: 'greedy', ranking: 'unknown' },
  candidates: ({ word, random }) => [
    ...oneOf(swaps(word, anywhere), random),
    ...substitution(word, anywhere, random),
    ...oneOf(deletions(word, anywhere), random),
    ...oneOf(
      insertions(word, anywhere, () => anyLetter(random)),
      random,
    ),
  ],
  limits: { mostEdits: 30 },
};
