import { expect, test } from 'vitest';
import type { Tried, TrialOutcome } from '../../contracts/index.ts';
import { climbersOf, promotable } from './climb.ts';
import { looked, problemOf, tuning } from './testing/landscape.ts';

const tried = (at: number, rung: number, outcome: TrialOutcome = looked([1, 1])): Tried => ({
  point: [at],
  rung,
  outcome,
  seconds: 1,
});

test('who may go up: looked at, not hopeless, not failed, nothing pending, not at the top', () => {
  const history = [
    tried(0, 0),
    tried(1, 0),
    tried(1, 1),
    tried(2, 0),
    tried(2, 1),
    tried(2, 2),
    tried(3, 0, looked([1, 1], { misses: 1, hopeless: true })),
    tried(4, 0, { kind: 'failed', reason: 'no' }),
    tried(5, 0),
  ];
  const climbers = climbersOf(history, [
    { point: [5], rung: 1 },
    { point: [6], rung: 0 },
  ]);
  expect(promotable(problemOf(tuning(1)), climbers.values()).map(({ key }) => key)).toEqual(['1', '0']);
  expect(climbers.get('6')).toMatchObject({ rung: -1, pending: 0 });
  // What is hopeless at a dear look stays so, whatever a cheap one said later.
  const over = climbersOf([tried(0, 1, looked([1, 1], { hopeless: true })), tried(0, 0)], []);
  expect(promotable(problemOf(tuning(1)), over.values())).toEqual([]);
});
