import { defineSearcher } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { askInFull } from './full-looks.ts';
import { freshPoint } from './points.ts';

/** Points at random, each at most once. */
export const random = defineSearcher({
  id: 'random',
  version: 1,
  title: 'Random search',
  source: 'Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization',
  summary:
    'Looks at random points in full, all equally likely. Hard to beat where nothing is known; the measure of the others.',
  options: {},
  ask: (problem, _options, history, pending) =>
    askInFull(problem, history, pending, (taken, nth) =>
      freshPoint(problem.space, seeded(problem.seed, `random ${nth}`), taken),
    ),
});
