import { deletions, inner, insertions, oneOf, swaps } from '../characters.ts';
import { lookalikes } from '../lookalikes.ts';
import type { Attack } from '../types.ts';

const nearest = 5;

/** Spaces, deletions, swaps and look-alike letters inside words, and near words where there are any. */
export const textBugger: Attack = {
  id: 'textbugger',
  title: 'Bugs inside words',
  source:
    'TextBugger (Li et al. 2019), black-box; a limit on the share of words changed stands for its sentence encoder',
  search: { kind: 'greedy', ranking: 'delete' },
  candidates: ({ word, random, neighbors }) => [
    ...oneOf(
      insertions(word, inner, () => ' '),
      random,
    ),
    ...oneOf(deletions(word, inner), random),
    ...oneOf(swaps(word, inner), random),
    ...oneOf(lookalikes(word), random),
    ...neighbors(word).slice(0, nearest),
  ],
  limits: { mostShare: 0.4 },
};
