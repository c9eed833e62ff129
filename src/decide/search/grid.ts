import { defineSearcher } from '../../contracts/index.ts';
import { askInFull } from './full-looks.ts';
import { allPoints, pointsOf } from './points.ts';
import { keyOf } from './shape.ts';

/** Everything, after the seeds in the order of the space. */
export const grid = defineSearcher({
  id: 'grid',
  version: 1,
  title: 'Everything in order',
  source: 'exhaustive search',
  summary: 'Looks at every point in full, the seeds first. For spaces small enough, and to judge other searchers by.',
  options: {},
  ask: (problem, _options, history, pending) =>
    askInFull(problem, history, pending, (taken) => {
      for (const point of allPoints(problem.space) ?? pointsOf(problem.space))
        if (!taken.has(keyOf(point))) return point;
      return null;
    }),
});
