import { lookalikes } from '../lookalikes.ts';
import type { Attack } from '../types.ts';

/** Letters of another script that look the same: people read the text as before. */
export const homoglyphs: Attack = {
  id: 'homoglyphs',
  title: 'Look-alike letters',
  source: 'Bad Characters (Boucher et al. 2022), homoglyphs; a greedy search instead of differential evolution',
  search: { kind: 'greedy', ranking: 'unknown' },
  candidates: ({ word }) => lookalikes(word),
  limits: { mostEdits: 5 },
};
