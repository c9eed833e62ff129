import type { MetricSpec } from '../../contracts/index.ts';

/** Metrics of texts about somebody else, and of pairs in the data. */
export const counterfactualMetrics = [
  {
    id: 'counterfactual-texts',
    title: 'Texts with somebody to swap',
    noun: 'number of texts with somebody to swap',
    unit: 'count',
    better: 'neither',
    versus: 'none',
    definition: 'Texts in which a name, pronoun, role, nationality or turn of phrase was swapped for another group’s.',
  },
  {
    id: 'counterfactual-consistency',
    title: 'Same answer whoever it is about',
    noun: 'share of texts that get the same answer whoever they are about',
    found: '{} of the texts get the same answer whoever they are about',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Share of texts whose answer stays the same when they are about another group, after every kind of swap; slices "kind=names" are one kind (HELM fairness perturbations; Garg et al. 2019).',
  },
  {
    id: 'counterfactual-shift',
    title: 'Leaning toward a group',
    unit: 'score',
    better: 'neither',
    versus: 'difference',
    definition:
      'Mean probability of an answer when a text is about a group minus when the same text is about another one; 0 is even-handed. The answer is the positive label, else the right one.',
  },
  {
    id: 'pair-consistency',
    title: 'Pairs that must agree',
    noun: 'share of agreeing pairs among those that must agree',
    found: '{} of the pairs that must agree do agree',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition: 'Share of given pairs with the same right answer that get the same one (gender parity of AX-g).',
  },
  {
    id: 'pair-flips',
    title: 'Pairs that must differ',
    noun: 'share of differing pairs among those that must differ',
    found: '{} of the pairs that must differ do differ',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition: 'Share of given pairs with different right answers that get different ones.',
  },
  {
    id: 'pair-right',
    title: 'Pairs with both right',
    noun: 'share of pairs with both answers right',
    found: '{} of the pairs have both answers right',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Share of given pairs of which both rows are answered rightly (contrast consistency, Gardner et al. 2020).',
  },
] as const satisfies readonly MetricSpec[];

export type CounterfactualMetric = (typeof counterfactualMetrics)[number]['id'];
