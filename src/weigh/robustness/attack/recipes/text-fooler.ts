import type { Attack } from '../types.ts';

const nearest = 50;

/** Near words for the most important words. Of pairs, the second text changes. */
export const textFooler: Attack = {
  id: 'textfooler',
  title: 'Near words, the most important first',
  source:
    'TextFooler (Jin et al. 2020) with given word neighbors; without its part-of-speech check and sentence encoder, for which a limit on the share of words changed stands',
  search: { kind: 'greedy', ranking: 'delete' },
  candidates: ({ word, neighbors }) => neighbors(word).slice(0, nearest),
  limits: { mostShare: 0.4, pairOnly: true },
  needs: 'neighbors',
};
