import { expect, test } from 'vitest';
import { mean, median } from '../../statistics/index.ts';
import { halving } from './halving.ts';
import { random } from './random.ts';
import { problemOf, tuning } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';
import { bestOf, scoreOf } from './testing/score.ts';
import { tpe } from './tpe.ts';

const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

/** Ten landscapes, with a share of the time that everything would take. */
const scores = (searcher: typeof halving | typeof random | typeof tpe, share: number) =>
  seeds.map((seed) => {
    const world = tuning(seed);
    const best = bestOf(world);
    const problem = problemOf(world, { seconds: share * best.seconds, seed });
    return scoreOf(world, best, problem, explore(searcher, problem, world.look));
  });

test('nearly everything in a tenth of the time, and more than chance and TPE find', { timeout: 1_200_000 }, () => {
  const found = scores(halving, 0.1);
  const shares = found.map(({ share }) => share);
  const regrets = found.map(({ regret }) => regret);
  expect(median(shares)).toBeGreaterThanOrEqual(0.95);
  expect(Math.min(...shares)).toBeGreaterThan(0.85);
  expect(median(regrets)).toBeLessThanOrEqual(0.02);
  for (const other of [random, tpe])
    expect(mean(shares)).toBeGreaterThan(mean(scores(other, 0.1).map(({ share }) => share)));
});
