import type { Attack } from '../types.ts';

/** Two words replaced as the gradient proposes. The gradient is the original's, also against other versions: those have none; their own
 *  scores say what is kept. */
export const hotFlip: Attack = {
  id: 'hotflip',
  title: 'Words flipped along the gradient',
  source:
    'HotFlip (Ebrahimi et al. 2018), words: gain (E[b] − E[a])·∂L/∂e, at most two words, beam 10; replacements are held by the neighbors or the cosine that are asked for, without a part-of-speech check',
  search: { kind: 'flips', width: 10 },
  candidates: () => [],
  limits: { mostWords: 2 },
  needs: 'gradients',
};
