import type { Attack } from '../types.ts';

/** Near words in the order of saliency times the gain of the best swap. */
export const pwws: Attack = {
  id: 'pwws',
  title: 'Near words, weighted by saliency',
  source: 'PWWS (Ren et al. 2019) with given word neighbors for WordNet; without its named entities',
  search: { kind: 'greedy', ranking: 'saliency' },
  candidates: ({ word, neighbors }) => neighbors(word),
  limits: {},
  needs: 'neighbors',
};
