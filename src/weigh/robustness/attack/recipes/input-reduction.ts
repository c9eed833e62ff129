import type { Attack } from '../types.ts';

/** Words removed while the answer stays: short, senseless remains with a sure answer show what the model really reads. */
export const inputReduction: Attack = {
  id: 'input-reduction',
  title: 'Fewest words with the same answer',
  source: 'Input reduction (Feng et al. 2018), by confidence instead of gradients',
  search: { kind: 'reduce' },
  candidates: () => [],
  limits: {},
};
