import { expect, test } from 'vitest';
import { mean } from '../../statistics/index.ts';
import { random } from './random.ts';
import { problemOf, tuning } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';
import { bestOf, scoreOf } from './testing/score.ts';
import { zdt } from './testing/zdt.ts';
import { tpe } from './tpe.ts';

test('finds more of known fronts than chance does', () => {
  for (const [world, seconds] of [
    [zdt('zdt2', 3), 150],
    [tuning(3), 0.15 * bestOf(tuning(3)).seconds],
  ] as const) {
    const best = bestOf(world);
    const shares = (searcher: typeof random | typeof tpe): number[] =>
      [1, 2, 3].map((seed) => {
        const problem = problemOf(world, { seconds, seed });
        return scoreOf(world, best, problem, explore(searcher, problem, world.look)).share;
      });
    expect(mean(shares(tpe))).toBeGreaterThan(mean(shares(random)) + 0.03);
  }
});
