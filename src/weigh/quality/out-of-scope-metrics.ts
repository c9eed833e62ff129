import type { MetricSpec } from '../../contracts/index.ts';

/** Metrics of doubt. Those that rank are by the largest probability, and with the slice "score=entropy" by entropy. */
export const outOfScopeMetrics = [
  {
    id: 'out-of-scope-auroc',
    title: 'Telling strange texts apart (AUROC)',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Chance that the version is surer of a usual text than of one that belongs to no class; 0.5 is guessing (Hendrycks & Gimpel 2017).',
  },
  {
    id: 'out-of-scope-aupr',
    title: 'Finding strange texts (AUPR)',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Average precision of finding texts of no class by how unsure the version is; it depends on how many of them there are.',
  },
  {
    id: 'out-of-scope-fpr95',
    title: 'Strange texts let through',
    noun: 'share of strange texts let through',
    found: '{} of the strange texts are let through',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Share of texts of no class that are at least as sure as the threshold which keeps 95 % of the usual ones (FPR at 95 % TPR).',
  },
  {
    id: 'out-of-scope-overconfident',
    title: 'Overconfident answers',
    noun: 'share of strange texts with an overconfident answer',
    found: '{} of the strange texts get an overconfident answer',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Share of texts of no class that are answered as surely as the middle one of the usual texts (or as the threshold that the options name).',
  },
  {
    id: 'out-of-scope-abstained',
    title: 'Strange texts not answered',
    noun: 'share of strange texts without an answer',
    found: '{} of the strange texts get no answer',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Share of texts of no class below the threshold that keeps 95 % of the usual ones, chosen on half of those; slices "kept=90 %" and so on are other thresholds.',
  },
  {
    id: 'in-scope-kept',
    title: 'Usual texts still answered',
    noun: 'share of usual texts that still get an answer',
    found: '{} of the usual texts still get an answer',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition: 'Share of usual texts at or above that threshold, on the half that did not choose it.',
  },
  {
    id: 'out-of-scope-entropy',
    title: 'Entropy on strange texts',
    unit: 'nats',
    better: 'higher',
    versus: 'difference',
    definition: 'Mean entropy of the probabilities on texts of no class; 0 is certain.',
  },
  {
    id: 'in-scope-entropy',
    title: 'Entropy on usual texts',
    unit: 'nats',
    better: 'neither',
    versus: 'difference',
    definition: 'Mean entropy of the probabilities on usual texts; 0 is certain.',
  },
] as const satisfies readonly MetricSpec[];
