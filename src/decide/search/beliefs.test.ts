import { expect, test } from 'vitest';
import type { Tried } from '../../contracts/index.ts';
import { foremost, highest, learn } from './beliefs.ts';
import { allPoints } from './points.ts';
import { looked, problemOf, tuning } from './testing/landscape.ts';

const world = tuning(3);
const problem = problemOf(world);
const look = (point: readonly number[], rung: number): Tried => ({ point, rung, ...world.look({ point, rung }) });
const points = allPoints(world.space)!;

test('cheap looks and a few full ones tell what the others are in full', () => {
  const history = [
    ...points.filter((_, i) => i % 4 === 0).map((point) => look(point, 0)),
    ...points.filter((_, i) => i % 40 === 0).map((point) => look(point, 2)),
  ];
  const beliefs = learn(problem, history);
  const others = points.filter((_, i) => i % 4 === 2);
  let [squares, sure, count] = [0, 0, 0];
  for (const one of beliefs.about(others)) {
    const truth = world.truth(one.point);
    if (truth.kind === 'fails') {
      expect(one.feasible).toBeLessThan(0.6);
      continue;
    }
    count++;
    squares += (one.means[0]! - truth.objectives[0]!) ** 2;
    if (one.feasible > 0.5 === (truth.misses === 0)) sure++;
  }
  // The objective's own deviation is about 0.4, a glance's error 0.1.
  expect(Math.sqrt(squares / count)).toBeLessThan(0.12);
  expect(sure / count).toBeGreaterThan(0.8);
  expect(beliefs.noise[0]).toBeCloseTo(0.015, 6);
  expect(beliefs.noise[1]).toBe(0);
});

test('each point speaks by its highest look, and a failure ends it', () => {
  const one = [look(points[0]!, 1), look(points[0]!, 0), look(points[1]!, 0)];
  expect(highest(one).map(({ rung }) => rung)).toEqual([1, 0]);
  const failed: Tried = { point: points[0]!, rung: 0, outcome: { kind: 'failed', reason: 'no' }, seconds: 1 };
  expect(highest([one[0]!, failed]).map(({ outcome }) => outcome.kind)).toEqual(['failed']);
});

test('foremost: the highest rung first, then the better', () => {
  const at = (rung: number, value: number): Tried => ({
    point: [value],
    rung,
    outcome: looked([value, 0]),
    seconds: 1,
  });
  expect(foremost([at(0, 1), at(1, 9), at(0, 0), at(1, 8)])).toEqual([3, 1, 2, 0]);
});

test('a cheap look that is always off by the same is corrected', () => {
  const shifted = points
    .filter((_, i) => i % 6 === 0)
    .flatMap((point, i): Tried[] => {
      const value = point[3]! + point[4]!;
      const cheap: Tried = { point, rung: 0, outcome: looked([value + 5, 0]), seconds: 1 };
      return i % 3 === 0 ? [cheap, { ...cheap, rung: 2, outcome: looked([value, 0]) }] : [cheap];
    });
  const [one] = learn(problem, shifted).about([points[6]!]);
  expect(one!.means[0]).toBeCloseTo(points[6]![3]! + points[6]![4]!, 0);
});
