import { expect, test } from 'vitest';
import { mean } from '../../statistics/index.ts';
import { nsga2 } from './nsga2.ts';
import { random } from './random.ts';
import { problemOf } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';
import { bestOf, scoreOf } from './testing/score.ts';
import { dtlz2, zdt } from './testing/zdt.ts';

test('finds more of known fronts than chance does, with few of the points looked at', () => {
  for (const [world, looks] of [
    [zdt('zdt1', 4), 200],
    [dtlz2(5), 140],
  ] as const) {
    const best = bestOf(world);
    const shares = (searcher: typeof random | typeof nsga2): number[] =>
      [1, 2].map((seed) => {
        const problem = problemOf(world, { seconds: looks, seed });
        return scoreOf(world, best, problem, explore(searcher, problem, world.look)).share;
      });
    expect(mean(shares(nsga2))).toBeGreaterThan(mean(shares(random)) + 0.05);
    expect(mean(shares(nsga2))).toBeGreaterThan(0.75);
  }
});
