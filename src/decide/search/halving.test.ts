import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Tried } from '../../contracts/index.ts';
import { workedMs } from '../../testing/work.ts';
import { halving } from './halving.ts';
import { allPoints } from './points.ts';
import { random } from './random.ts';
import { problemOf, tuning } from './testing/landscape.ts';
import { explore } from './testing/replay.ts';
import { bestOf, scoreOf } from './testing/score.ts';

test('finds the front and the winner in a tenth of the time that everything would take', () => {
  const world = tuning(2);
  const best = bestOf(world);
  const problem = problemOf(world, { seconds: 0.1 * best.seconds, seed: 2, width: 2 });
  const history = explore(halving, problem, world.look);
  const { share, regret } = scoreOf(world, best, problem, history);
  expect(share).toBeGreaterThan(0.9);
  expect(regret).toBeLessThan(0.02);
  expect(share).toBeGreaterThan(scoreOf(world, best, problem, explore(random, problem, world.look)).share);
  // Cheap looks at many, dear ones at few, each after the cheaper one.
  const at = (rung: number): Tried[] => history.filter((one) => one.rung === rung);
  expect(at(0).length).toBeGreaterThan(2 * at(1).length);
  expect(at(1).length).toBeGreaterThan(at(2).length);
  for (const [i, { point, rung }] of history.entries())
    if (rung > 0)
      expect(history.slice(0, i).some((one) => one.rung === rung - 1 && one.point.join() === point.join())).toBe(true);
});

test('answers quickly after many trials', () => {
  const world = tuning(5);
  const problem = problemOf(world, { seconds: 1e6 });
  const history = allPoints(world.space)!
    .slice(0, 200)
    .map((point): Tried => ({ point, rung: 0, ...world.look({ point, rung: 0 }) }));
  const options = parseOptions('halving', halving.options, {});
  halving.ask(problem, options, history, []);
  const before = workedMs();
  for (let i = 0; i < 3; i++) halving.ask(problem, options, history.slice(0, 198 + i), []);
  // Idle, one takes about 20 ms; a shared machine is several times slower.
  expect((workedMs() - before) / 3).toBeLessThan(200);
});
