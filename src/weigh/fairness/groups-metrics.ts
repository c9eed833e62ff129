import type { MetricSpec } from '../../contracts/index.ts';

/** What is said about groups. Metrics of one group have its name as slice ("style=casual"), metrics of a column "groups=style";
 *  without a slice they are about all single columns together. */
export const groupMetrics = [
  {
    id: 'groups-compared',
    title: 'Groups compared',
    noun: 'number of groups compared',
    unit: 'count',
    better: 'neither',
    versus: 'none',
    definition: 'Groups of the data that are large enough (30 examples) to say something about; the others are named.',
  },
  {
    id: 'group-accuracy',
    title: 'Accuracy of a group',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Share of right answers in each group and crossing; the intervals against the original hold for all groups together (Bonferroni).',
  },
  {
    id: 'worst-group-accuracy',
    title: 'Accuracy of the worst group',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Least share of right answers of any group; against the original: this version’s worst group minus the original’s, whichever each is.',
  },
  {
    id: 'worst-group-loss',
    title: 'Largest loss of a group',
    unit: 'proportion',
    better: 'lower',
    versus: 'none',
    definition:
      'Accuracy lost against the original in the group that loses most, with an interval for the most of all groups.',
  },
  {
    id: 'accuracy-gap',
    title: 'Accuracy gap between groups',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Greatest minus least accuracy of any two groups of a column (fairlearn, MetricFrame.difference); small groups differ by chance alone, so read the difference to the original.',
  },
  {
    id: 'demographic-parity-difference',
    title: 'Demographic parity difference',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Greatest minus least share of a group that gets an answer, mean over answers or for one positive label (fairlearn).',
  },
  {
    id: 'demographic-parity-ratio',
    title: 'Demographic parity ratio',
    unit: 'proportion',
    better: 'higher',
    versus: 'difference',
    definition:
      'Least ÷ greatest share of a group that gets an answer, mean over answers or for one positive label; 1 is parity (fairlearn).',
  },
  {
    id: 'equalized-odds-difference',
    title: 'Equalized odds difference',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'The larger of the gaps between groups in true-positive and false-positive rate, mean over answers or for one positive label (fairlearn; Hardt et al. 2016).',
  },
  {
    id: 'equal-opportunity-difference',
    title: 'Equal opportunity difference',
    unit: 'proportion',
    better: 'lower',
    versus: 'difference',
    definition:
      'Greatest minus least true-positive rate of any two groups, mean over answers or for one positive label (fairlearn; Hardt et al. 2016).',
  },
  {
    id: 'group-flips',
    title: 'Changed answers in a group',
    noun: 'share of changed answers in a group',
    found: '{} of the answers changed',
    unit: 'proportion',
    better: 'lower',
    versus: 'none',
    definition: 'Share of a group’s examples that get another answer than from the original, right or wrong.',
  },
  {
    id: 'group-harm',
    title: 'Harm to a group',
    unit: 'ratio',
    better: 'lower',
    versus: 'none',
    definition:
      'How much more often a group loses right answers than all data: (lost in the group ÷ its examples) ÷ (lost ÷ examples); 1 is as often.',
  },
  {
    id: 'flips-by-group',
    title: 'Changed answers independent of the group',
    noun: 'p-value of how changed answers are spread over the groups',
    unit: 'proportion',
    better: 'neither',
    versus: 'none',
    definition:
      'p-value: the chance of changed answers being spread over the groups of a column at least this unevenly if they had nothing to do with them (permutation test of χ²).',
  },
  {
    id: 'harm-by-group',
    title: 'Lost answers independent of the group',
    noun: 'p-value of how lost answers are spread over the groups',
    unit: 'proportion',
    better: 'neither',
    versus: 'none',
    definition: 'The same p-value for right answers that were lost.',
  },
] as const satisfies readonly MetricSpec[];

export type GroupMetric = (typeof groupMetrics)[number]['id'];
export const unitOf = new Map(groupMetrics.map(({ id, unit }) => [id, unit] as const));
